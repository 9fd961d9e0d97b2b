import type { Hex } from 'viem'

/** Base, whose blocks can be taken back: there a payment counts once two more are on top of its own. */
export const BASE = 'eip155:8453'
export const BASE_USDC: Hex = '0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913'
