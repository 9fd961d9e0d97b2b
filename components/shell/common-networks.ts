import type { NetworkId } from '@/lib/money/networks'

const COMMON: readonly string[] = [
  'eip155:8453',
  'eip155:84532',
  'solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp',
  'solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1',
  'eip155:137',
  'eip155:42161',
] satisfies NetworkId[]

/** Whether nearly everybody pays there, or tries things out. Others are folded away in lists until they are used. */
export const isCommon = (network: string): boolean => COMMON.includes(network)
