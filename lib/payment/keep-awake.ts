import { browser } from 'wxt/browser'

/** The browser ends a background that has been idle for 30 seconds. */
const EVERY_MS = 20_000

let waiting = 0
let timer: ReturnType<typeof setInterval> | undefined

/** Keeps the background alive until a promise is settled: the answer to a paid request must find somebody at home. */
export async function keepAwake<T>(promise: Promise<T>): Promise<T> {
  waiting += 1
  // Any call of an extension API counts as activity.
  timer ??= setInterval(() => void browser.runtime.getPlatformInfo(), EVERY_MS)
  try {
    return await promise
  } finally {
    waiting -= 1
    if (waiting === 0) {
      clearInterval(timer)
      timer = undefined
    }
  }
}
