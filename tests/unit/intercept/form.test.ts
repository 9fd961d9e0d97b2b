import { describe, expect, test } from 'vitest'
import { readForm } from '@/lib/intercept/form'

const SHOP = 'https://shop.example'
type Posted = NonNullable<Parameters<typeof readForm>[0]>
type Body = NonNullable<Posted['requestBody']>

/** What the browser tells of a form that a page of the shop's own has sent. */
const read = (requestBody: Body | undefined, initiator: string | undefined = SHOP) =>
  readForm({ requestBody, initiator } as Posted, `${SHOP}/order`)

const bytes = (text: string) => new TextEncoder().encode(text).buffer as ArrayBuffer

describe('a submitted form', () => {
  const FORM = read({ formData: { a: ['1', '2'], b: ['3'] } })

  test('has a digest of its fields', () => {
    expect(FORM).toEqual({ digest: expect.stringMatching(/^[0-9a-f]{64}$/), problem: null })
    expect(read({ formData: { a: ['1', '2'], b: ['3'] } })).toEqual(FORM)
  })

  test.each([
    ['another value', { formData: { a: ['1', '2'], b: ['4'] } }],
    ['another order of the values', { formData: { a: ['2', '1'], b: ['3'] } }],
    ['another name', { formData: { a: ['1', '2'], c: ['3'] } }],
    ['a value that is no text', { formData: { a: ['1', '2'], b: [bytes('3')] } }],
    ['text in place of fields', { raw: [{ bytes: bytes('a=1') }] }],
    ['nothing in it', {}],
  ] satisfies [string, Body][])('differs by %s', (_, body) => {
    const other = read(body)
    expect(other.problem).toBeNull()
    expect(other.digest).not.toBe(FORM.digest)
  })

  test('may be empty', () => {
    for (const body of [undefined, { error: 'Unknown error.' }])
      expect(read(body)).toEqual({ digest: null, problem: null })
  })

  test.each([
    ['a file on the disk', { raw: [{ bytes: bytes('--part') }, { file: '/home/me/a.txt' }] }],
    ['a file that the page made', { raw: [{ bytes: bytes('--part') }, { bytes: bytes('--part--') }] }],
  ] satisfies [string, Body][])('with %s is named as such', (_, body) => {
    expect(read(body)).toEqual({ digest: null, problem: 'form_files' })
  })

  test.each([
    ['in fields', { formData: { a: ['x'.repeat(1024 * 1024)] } }],
    ['in bytes', { raw: [{ bytes: new ArrayBuffer(16 * 1024 * 1024) }] }],
  ] satisfies [string, Body][])('that is too large %s is not read', (_, body) => {
    expect(read(body)).toEqual({ digest: null, problem: 'form_post' })
  })

  test('that nobody saw is not known', () => {
    expect(readForm(null, `${SHOP}/order`)).toEqual({ digest: null, problem: 'form_post' })
  })

  test.each(['https://elsewhere.example', 'http://shop.example', 'null', undefined])(
    'that a page of %s sent is another site’s',
    (initiator) => {
      const posted = { requestBody: { formData: {} }, initiator } as Posted
      expect(readForm(posted, `${SHOP}/order`)).toEqual({ digest: null, problem: 'form_foreign' })
    },
  )
})
