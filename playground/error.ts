/** A part of the playground could not do its work; the message says which and why. */
export class PlaygroundError extends Error {
  override readonly name = 'PlaygroundError'
}
