import { isAddress, zeroAddress } from 'viem'
import { ASSETS } from './assets'

/** Why money is not sent to an address. */
export const DESTINATION_PROBLEMS = ['not_an_address', 'misspelt', 'nobody', 'token', 'own'] as const
export type DestinationProblem = (typeof DESTINATION_PROBLEMS)[number]

const tokens = new Set<string>(ASSETS.map(({ address }) => address.toLowerCase()))

/**
 * What speaks against sending money from an account to an address on EVM networks, as a person typed it. Capital letters among
 * small ones are its check (EIP-55), and have to be right. Null when nothing does.
 */
export function destinationProblem(text: string, from: string): DestinationProblem | null {
  if (!isAddress(text, { strict: false })) return 'not_an_address'
  if (!isAddress(text)) return 'misspelt'
  const address = text.toLowerCase()
  if (address === zeroAddress) return 'nobody'
  if (tokens.has(address)) return 'token'
  return address === from.toLowerCase() ? 'own' : null
}
