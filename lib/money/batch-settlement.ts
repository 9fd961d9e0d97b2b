/**
 * The contracts of prepaid tabs (x402, batch-settlement scheme on EVM), at the same addresses on every network. They are pinned,
 * as the tokens are: money sent to another contract, and a voucher for one, is another thing.
 */
export const BATCH_SETTLEMENT = {
  /** Keeps the deposits, and knows what was claimed of them. */
  contract: '0x4020074e9dF2ce1deE5A9C1b5c3f541D02a10003',
  /** Whom a deposit by EIP-3009 is signed to; it hands the money on in the same transaction. */
  depositCollector: '0x4020806089470a89826cB9fB1f4059150b550004',
} as const

/** The shortest time, in seconds, that the contract lets pass between asking for what is left and getting it. */
export const SHORTEST_WITHDRAW_DELAY = 15 * 60
/** The longest that a user is asked to wait for their own money, in seconds. The contract knows thirty days. */
export const LONGEST_WITHDRAW_DELAY = 24 * 60 * 60
