/** This computer itself, where plain http cannot be listened to on the way. As `URL.hostname` has it. */
export const isLoopback = (hostname: string): boolean =>
  /^(localhost|.+\.localhost|127\.0\.0\.1|\[::1\])$/.test(hostname)

/** A host without the dot that may end it: "shop.example." is shop.example. */
export const withoutDot = (hostname: string): string => hostname.replace(/\.$/, '')
