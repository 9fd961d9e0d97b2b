import type { Hex } from 'viem'
import { createSiweMessage } from 'viem/siwe'
import type { SignInInfo } from '@/lib/challenge/sign-in'
import { TuppenceError } from '@/lib/errors'
import { findNetwork } from '@/lib/money/networks'

/** What a signed message may say at the very most: which account is known again, and where. */
export interface ExpectedSignIn {
  /** The page or answer that was bought before: the very address that was asked for. */
  readonly url: string
  readonly address: Hex
  /** CAIP-2, the network it was paid on. */
  readonly network: string
}

/** How old what a site asks may be, how far its clock may be ahead, and how long a signature may be good for, in milliseconds. */
const OLDEST = 5 * 60_000
const MOST_AHEAD = 60_000
const LONGEST_VALID = 60 * 60_000

const NONCE = /^[A-Za-z0-9]{8,128}$/
/** One line of plain characters: nothing that could begin another field of the message. */
const PLAIN = /^[\x20-\x7e]{1,1024}$/
/** What the message's own fields begin with. */
const LIKE_FIELD = /^(?:-|[A-Z][A-Za-z ]+:)/

/**
 * Compares what a site wants signed with what was bought there, field by field, and gives the message (EIP-4361), which no
 * wallet takes for a transaction and no token for a payment. Throws `signing_refused` with the name of the first field that is
 * off.
 */
export function clearSignIn(info: SignInInfo, { url, address, network }: ExpectedSignIn, now = Date.now()): string {
  const requested = new URL(url)
  const chain = findNetwork(network)
  const issuedAt = instant(info.issuedAt)
  const expirationTime = info.expirationTime === undefined ? undefined : instant(info.expirationTime)
  const notBefore = info.notBefore === undefined ? undefined : instant(info.notBefore)
  const isPlain = (text: string | undefined) => text === undefined || PLAIN.test(text)
  const checks: Record<string, boolean> = {
    network: chain?.family === 'evm',
    domain: info.domain === requested.host,
    uri: isOf(info.uri, requested) && new URL(info.uri).pathname === requested.pathname,
    version: info.version === '1',
    nonce: NONCE.test(info.nonce),
    issuedAt: issuedAt !== null && now - issuedAt.getTime() <= OLDEST && issuedAt.getTime() - now <= MOST_AHEAD,
    expirationTime:
      expirationTime === undefined ||
      (expirationTime !== null && expirationTime.getTime() > now && expirationTime.getTime() - now <= LONGEST_VALID),
    notBefore: notBefore === undefined || (notBefore !== null && notBefore.getTime() <= now + MOST_AHEAD),
    requestId: isPlain(info.requestId),
    statement: isPlain(info.statement) && !LIKE_FIELD.test(info.statement ?? ''),
    resources: info.resources === undefined || info.resources.every((resource) => isOf(resource, requested)),
  }
  const off = Object.keys(checks).find((field) => !checks[field])
  if (off || chain?.family !== 'evm' || !issuedAt)
    throw new TuppenceError('signing_refused', { field: off ?? 'sign-in' })
  const { domain, uri, nonce, statement, requestId, resources } = info
  return createSiweMessage({
    domain,
    address,
    uri,
    version: '1',
    chainId: chain.chainId,
    nonce,
    issuedAt,
    ...(expirationTime && { expirationTime }),
    ...(notBefore && { notBefore }),
    ...(statement !== undefined && { statement }),
    ...(requestId !== undefined && { requestId }),
    ...(resources && { resources }),
  })
}

/** A time just as the message writes it; null when it is written in any other way. */
function instant(text: string): Date | null {
  const date = new Date(text)
  return !Number.isNaN(date.getTime()) && date.toISOString() === text ? date : null
}

/** An address of the same site, with nothing in it that could be read as more than an address. */
const isOf = (text: string, { origin }: URL): boolean => PLAIN_URI.test(text) && URL.parse(text)?.origin === origin
const PLAIN_URI = /^https?:[\x21-\x7e]+$/
