/** A piece of text in one of three sizes. */
interface Block {
  readonly style: 'title' | 'heading' | 'body'
  readonly text: string
}

const PAGE = { width: 420, height: 595, margin: 44 }
const STYLES = {
  title: { font: 'F2', size: 26, leading: 34, before: 0 },
  heading: { font: 'F2', size: 13, leading: 18, before: 10 },
  body: { font: 'F1', size: 11, leading: 14.5, before: 0 },
}
// Times sets about this many ems a letter; text is left ragged, so nearly right is right enough.
const EMS_PER_LETTER = 0.43

/** Sets text on one page of A5 and returns it as a PDF file. */
export function pdf(blocks: readonly Block[]): Buffer {
  let y = PAGE.height - PAGE.margin
  const commands = blocks.flatMap(({ style, text }) => {
    const { font, size, leading, before } = STYLES[style]
    y -= before
    return wrap(text, (PAGE.width - 2 * PAGE.margin) / (size * EMS_PER_LETTER)).map((line) => {
      y -= leading
      return `BT /${font} ${size} Tf ${PAGE.margin} ${y} Td (${escaped(line)}) Tj ET`
    })
  })
  const content = commands.join('\n')
  const font = (name: string) => `<< /Type /Font /Subtype /Type1 /BaseFont /${name} /Encoding /WinAnsiEncoding >>`
  return file([
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 ${PAGE.width} ${PAGE.height}] /Contents 4 0 R /Resources << /Font << /F1 5 0 R /F2 6 0 R >> >> >>`,
    `<< /Length ${content.length} >>\nstream\n${content}\nendstream`,
    font('Times-Roman'),
    font('Times-Bold'),
  ])
}

function wrap(text: string, columns: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > columns) {
      lines.push(line)
      line = word
    } else {
      line = line === '' ? word : `${line} ${word}`
    }
  }
  return [...lines, line]
}

function escaped(text: string): string {
  return text.replace(/[\\()]/g, '\\$&')
}

/** Numbers the objects and adds the table of where each one starts. The text is Latin-1: one byte a letter. */
function file(objects: readonly string[]): Buffer {
  let body = '%PDF-1.4\n'
  const offsets = objects.map((object, index) => {
    const offset = body.length
    body += `${index + 1} 0 obj\n${object}\nendobj\n`
    return `${String(offset).padStart(10, '0')} 00000 n \n`
  })
  const count = objects.length + 1
  const table = `xref\n0 ${count}\n0000000000 65535 f \n${offsets.join('')}`
  return Buffer.from(
    `${body}${table}trailer\n<< /Size ${count} /Root 1 0 R >>\nstartxref\n${body.length}\n%%EOF\n`,
    'latin1',
  )
}
