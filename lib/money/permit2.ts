/**
 * The contracts through which tokens are paid that know no signed transfer of their own, at the same addresses on every network.
 * They are pinned, as the tokens are: a signature for another contract is another thing.
 */
export const PERMIT2_CONTRACTS = {
  /** Uniswap's Permit2, which moves a token by a signature of its owner, once that has allowed it to. */
  permit2: '0x000000000022D473030F116dDEE9F6B43aC78BA3',
  /** x402's, which hands Permit2 payments of an exact amount (x402 v2, exact scheme on EVM). */
  exact: '0x402085c248EeA27D92E8b30b2C58ed07f9E20001',
  /** x402's, which hands it payments of up to an amount (x402 v2, upto scheme on EVM). */
  upto: '0x4020A4f3b7b90ccA423B9fabCc0CE57C6C240002',
} as const
