/** How long the browser may take to begin with a download, in milliseconds. */
const PATIENCE_MS = 60_000

/** Saves a file where the browser keeps what is downloaded. */
export function download(name: string, file: Blob): void {
  const url = URL.createObjectURL(file)
  const link = Object.assign(document.createElement('a'), { href: url, download: name })
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), PATIENCE_MS)
}
