/** The stand-in's id, which follows from the key in its manifest. */
export const STAND_IN_ID = 'gaejonmdilodapeikmcgllnhobcodngj'

/** What the person does in one of the windows. While it is "wait", the window stays open until this changes. */
export type Answer = 'confirm' | 'reject' | 'wait'

/** How the stand-in behaves. It rests in the stand-in's storage, where tests change it from a page of its own. */
export interface Settings {
  /** The keys of the accounts that Tuppence may use; the first is the one in front. */
  readonly keys: readonly `0x${string}`[]
  readonly isLocked: boolean
  /** The network it is on, and those it knows. */
  readonly chainId: number
  readonly knownChains: readonly number[]
  /** Where transactions are sent. */
  readonly rpcUrl: string
  /** The windows: to unlock it and allow accounts, to change network, to add one, to sign, to send. */
  readonly unlock: Answer
  readonly change: Answer
  readonly add: Answer
  readonly sign: Answer
  /** Another question is open already. */
  readonly isBusy: boolean
  /** Signs with this key, whatever account is asked for. */
  readonly signsWith: `0x${string}` | null
  /** Closes the port when this method is asked for: at once, or "every" for whatever is asked. */
  readonly closesOn: string | null
  /** Never answers this method; "every" for none at all. */
  readonly hangsOn: string | null
}

export const DEFAULTS: Settings = {
  keys: [],
  isLocked: false,
  chainId: 84_532,
  knownChains: [1, 84_532],
  rpcUrl: 'http://127.0.0.1:8545',
  unlock: 'confirm',
  change: 'confirm',
  add: 'confirm',
  sign: 'confirm',
  isBusy: false,
  signsWith: null,
  closesOn: null,
  hangsOn: null,
}

/** One request, as it came in. */
export interface Asked {
  /** The id of the extension that asked, and where it says to come from; never a site's. */
  readonly from: string
  readonly method: string
  readonly params: readonly unknown[]
}
