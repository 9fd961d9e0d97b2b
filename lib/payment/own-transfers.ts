import { type Hex, isHash, toHex } from 'viem'
import { browser } from 'wxt/browser'
import type { Balances } from '@/lib/chain/balances'
import { type EvmClaim, transfersIn } from '@/lib/chain/claim'
import { chainClient } from '@/lib/chain/client'
import { proveTransfer } from '@/lib/chain/proof'
import { type EvmSnapshot, takeSnapshot } from '@/lib/chain/snapshot'
import { estimateFee, outcomeOf } from '@/lib/chain/transaction'
import { TuppenceError } from '@/lib/errors'
import type { Ledger } from '@/lib/ledger/ledger'
import type { Transfer } from '@/lib/ledger/transfer'
import { type EvmAsset, findAsset } from '@/lib/money/assets'
import { destinationProblem } from '@/lib/money/destination'
import { type EvmNetwork, findNetwork } from '@/lib/money/networks'
import { createQueue, type Interlock } from '@/lib/queue'
import { LONGEST_VALID, TRANSFER_TYPES, transferGate } from '@/lib/wallet/gate'
import { signerFor } from '@/lib/wallet/signer'
import { type Call, callFor, clearCall, type ExpectedCall } from '@/lib/wallet/transaction'
import { activeAccount, vaultAccounts, vaultState } from '@/lib/wallet/vault'
import type { Health } from './health'
import { keepAwake } from './keep-awake'

/** As much of MetaMask as transfers need: its account, and transactions that a person confirms and pays for there. */
export interface Submitter {
  connect(): Promise<Hex>
  prepare(account: Hex, network: EvmNetwork): Promise<void>
  sendTransaction(network: EvmNetwork, call: Call): Promise<Hex>
}

/** So many units of a token. */
export interface Sum {
  readonly network: string
  readonly asset: string
  readonly units: bigint
}

/** From an account of the wallet to another address: elsewhere, or another account of the wallet's. */
export interface Withdrawal extends Sum {
  readonly from: Hex
  readonly to: Hex
}

/** A transfer under way is looked for this often, in milliseconds each time. What takes longer is left to the alarm. */
const FOLLOWS_AFTER_MS = [1_000, 1_000, 2_000, 2_000, 4_000, 8_000, 16_000]
const ALARM = 'own-transfers'
const ALARM_MINUTES = 1
/** With less time left than this, in seconds, a person could no longer confirm it in time. */
const LEAST_LEFT = 60
/** A transaction that nobody has seen for this long is looked for no more: sped up in MetaMask, it has another name. */
const LOOKED_FOR_MS = 86_400_000
/** What checking a signature and noting its nonce takes, above a plain transfer. */
const AUTHORIZATION_GAS = 45_000n
/** Answers of MetaMask after which nothing was sent for sure. */
const SURELY_NOT_SENT: readonly string[] = ['metamask_rejected', 'metamask_wrong_chain', 'metamask_wrong_account']

/**
 * The user's own transfers. Only the extension's own screens lead here. A withdrawal:
 *
 *   row (units held) → nonce and time limit noted → signed → bytes kept → MetaMask hands them in → the chain shows it
 *
 * It is signed once. What MetaMask did not hand in can be handed in again with the same bytes while they are valid.
 */
export class OwnTransfers {
  readonly #ledger: Ledger
  readonly #balances: Balances
  readonly #health: Pick<Health, 'obstacle'>
  readonly #signing: Interlock
  readonly #metamask: Submitter
  readonly #inTurn = createQueue()
  /** Withdrawals that MetaMask is asked about. */
  readonly #asking = new Set<string>()

  constructor(services: {
    ledger: Ledger
    balances: Balances
    health: Pick<Health, 'obstacle'>
    signing: Interlock
    metamask: Submitter
  }) {
    this.#ledger = services.ledger
    this.#balances = services.balances
    this.#health = services.health
    this.#signing = services.signing
    this.#metamask = services.metamask
  }

  /** What handing a withdrawal in would cost now. A plain transfer is estimated, since nothing is signed yet. */
  async fee({ network, asset: address, units, from, to }: Withdrawal): Promise<bigint | null> {
    const { asset } = authorizable(network, address)
    const client = await chainClient(network)
    if (!client) return null
    return estimateFee(client, callFor({ purpose: 'top_up', asset, units, to }, from), AUTHORIZATION_GAS)
  }

  /**
   * Signs a withdrawal. Throws `wallet_missing`, `wallet_locked`, `bad_destination`, `balance_unknown`, `insufficient_balance`,
   * `books_unusable`; then nothing is held and nothing was signed.
   */
  async sign({ network: id, asset: address, units, from, to }: Withdrawal): Promise<Transfer> {
    const { network, asset } = authorizable(id, address)
    const [state, accounts] = await Promise.all([vaultState(), vaultAccounts()])
    if (!accounts.some((account) => account.address === from)) throw new TuppenceError('wallet_missing')
    if (state !== 'unlocked') throw new TuppenceError('wallet_locked')
    if (destinationProblem(to, from)) throw new TuppenceError('bad_destination')
    // Holds that do not add up would let it take what was promised to somebody.
    if (this.#health.obstacle === 'books_unusable') throw new TuppenceError('books_unusable')
    if (units <= 0n) throw new TuppenceError('insufficient_balance')
    if ((await this.#balances.read(from, asset)).units === null) throw new TuppenceError('balance_unknown')
    const { transfers } = this.#ledger
    const draft = { kind: 'withdrawal', network: network.id, asset: asset.address, units, from, to } as const
    // Looked up within the step: a payment that the chain has shown meanwhile is off the balance before it is off the holds.
    const transfer = await transfers.begin(draft, () => this.#balances.remembered(from, asset))
    try {
      const signature = await this.#signing.step((signal) => this.#sign(transfer, network, asset, signal))
      return await transfers.keepSignature(transfer.id, signature)
    } catch (error) {
      if ((await transfers.get(transfer.id))?.state === 'reserved') await transfers.release(transfer.id)
      throw error
    } finally {
      await this.#setAlarm()
    }
  }

  /** Has MetaMask hand in a signed withdrawal. Throws `transfer_over`, and what MetaMask says; then it stays as it is. */
  async handIn(id: string): Promise<void> {
    const { network } = await this.#toHandIn(id)
    if (this.#asking.has(id)) throw new TuppenceError('transfer_over')
    this.#asking.add(id)
    try {
      const account = await this.#metamask.connect()
      await keepAwake(this.#metamask.prepare(account, network))
      // To unlock it and to change its network took a person's time: what is over by now would only cost a fee.
      const { expected } = await this.#toHandIn(id)
      const transaction = await this.#submit(network, expected, account)
      // The chain may have shown it while MetaMask was answering.
      if ((await this.#ledger.transfers.get(id))?.state === 'signed') await this.#ledger.transfers.send(id, transaction)
    } finally {
      this.#asking.delete(id)
    }
    this.#follow(id)
  }

  /** Moves money from MetaMask's account into the wallet. Throws `wallet_missing`, `bad_destination`, and what MetaMask says. */
  async topUp({ network: id, asset: address, units }: Sum): Promise<Transfer> {
    const { network, asset } = tokenOn(id, address)
    const to = await activeAccount('evm')
    if (to === null) throw new TuppenceError('wallet_missing')
    if (units <= 0n) throw new TuppenceError('insufficient_balance')
    const from = await this.#metamask.connect()
    if (destinationProblem(to, from)) throw new TuppenceError('bad_destination')
    // Whoever is not there is not asked. From the row on, one that is lost may have sent it all the same.
    await keepAwake(this.#metamask.prepare(from, network))
    const { transfers } = this.#ledger
    const draft = { kind: 'top_up', network: network.id, asset: asset.address, units, from, to } as const
    const transfer = await transfers.begin(draft)
    try {
      const transaction = await this.#submit(network, { purpose: 'top_up', asset, units, to: to as Hex }, from)
      const sent = await transfers.send(transfer.id, transaction)
      this.#follow(transfer.id)
      return sent
    } catch (error) {
      if (error instanceof TuppenceError && SURELY_NOT_SENT.includes(error.code)) await transfers.release(transfer.id)
      else await transfers.loseSight(transfer.id)
      throw error
    }
  }

  /**
   * After a start: what was only written down is given up, and what is open is put to the chain. Running it twice changes
   * nothing. The looks go on after it resolves.
   */
  async recover(): Promise<void> {
    const { transfers } = this.#ledger
    for (const { id, kind, state } of await transfers.unfinished()) {
      if (state !== 'reserved') continue
      // Whether MetaMask was asked, and what it said, nobody heard.
      await (kind === 'withdrawal' ? transfers.release(id) : transfers.loseSight(id))
    }
    // biome-ignore lint/suspicious/noConsole: nobody waits for this
    this.lookAtAll().catch((error: unknown) => console.error(error))
  }

  /** Looks at every transfer that the chain has not spoken on. Resolves when done. */
  lookAtAll(): Promise<void> {
    return this.#inTurn(async () => {
      for (const { id } of await this.#ledger.transfers.unfinished())
        await this.#look(id).catch((error: unknown) => {
          // biome-ignore lint/suspicious/noConsole: a defect, or a server's; the chain must be asked about the others all the same
          console.error(error)
        })
      await this.#setAlarm()
    })
  }

  /** Calls back every minute while something is unfinished. Register synchronously at start. */
  onAlarm(listener: () => void): void {
    browser.alarms.onAlarm.addListener(({ name }) => {
      if (name === ALARM) listener()
    })
  }

  async #sign(transfer: Transfer, network: EvmNetwork, asset: EvmAsset, signal: AbortSignal): Promise<Hex> {
    const { id, units } = transfer
    const [from, to] = [transfer.from as Hex, transfer.to as Hex]
    const validBefore = Math.floor(Date.now() / 1000) + LONGEST_VALID.withdrawal
    const expected = { purpose: 'withdrawal', asset, units, from, to, latestValidBefore: validBefore } as const
    return signerFor(
      transferGate(expected),
      (cleared) => this.#ledger.transfers.sign(id, cleared),
      signal,
    ).signTypedData({
      domain: { ...asset.domain, chainId: network.chainId, verifyingContract: asset.address },
      types: TRANSFER_TYPES,
      primaryType: 'TransferWithAuthorization',
      message: {
        from,
        to,
        value: units,
        validAfter: 0n,
        validBefore: BigInt(validBefore),
        nonce: toHex(crypto.getRandomValues(new Uint8Array(32))),
      },
    })
  }

  /** What is signed and can still be handed in. Throws `transfer_over` for everything else. */
  async #toHandIn(id: string): Promise<{ network: EvmNetwork; expected: ExpectedCall }> {
    const transfer = await this.#ledger.transfers.get(id)
    const { state, authorization, signature } = transfer ?? {}
    if (!transfer || state !== 'signed' || !authorization || !signature) throw new TuppenceError('transfer_over')
    const { nonce, validBefore } = authorization
    if (validBefore - Date.now() / 1000 < LEAST_LEFT) throw new TuppenceError('transfer_over')
    const { network, asset } = authorizable(transfer.network, transfer.asset)
    const { units } = transfer
    const [from, to] = [transfer.from as Hex, transfer.to as Hex]
    return { network, expected: { purpose: 'withdrawal', asset, units, from, to, nonce, validBefore, signature } }
  }

  /** Nothing is waited for between the gate and MetaMask. */
  #submit(network: EvmNetwork, expected: ExpectedCall, account: Hex): Promise<Hex> {
    const call = clearCall(network, callFor(expected, account), expected)
    return keepAwake(this.#metamask.sendTransaction(network, call))
  }

  /** Looks for a transfer for a while. The rest is left to the alarm. */
  #follow(id: string): void {
    const following = async () => {
      await this.#setAlarm()
      for (const pause of FOLLOWS_AFTER_MS) {
        await new Promise((resolve) => setTimeout(resolve, pause))
        if ((await this.#inTurn(() => this.#look(id))) !== 'sent') break
      }
      await this.#setAlarm()
    }
    // biome-ignore lint/suspicious/noConsole: nobody waits for this; the alarm looks again
    keepAwake(following()).catch((error: unknown) => console.error(error))
  }

  /** Asks the chain once, and gives the state that the transfer is in then. Without proof nothing changes. */
  async #look(id: string): Promise<Transfer['state'] | undefined> {
    const transfer = await this.#ledger.transfers.get(id)
    if (transfer?.state !== 'signed' && transfer?.state !== 'sent') return transfer?.state
    const taken = await takeSnapshot(transfer.network)
    const snapshot = taken?.family === 'evm' ? taken : null
    await (transfer.kind === 'withdrawal'
      ? this.#lookAtWithdrawal(transfer, snapshot)
      : this.#lookAtTopUp(transfer, snapshot))
    return (await this.#ledger.transfers.get(id))?.state
  }

  async #lookAtWithdrawal(transfer: Transfer, snapshot: EvmSnapshot | null): Promise<void> {
    const { transfers } = this.#ledger
    const { id, state, transaction } = transfer
    const claim = claimOf(transfer)
    if (!claim || !snapshot) return
    const proof = await proveTransfer(claim, snapshot)
    if (proof.state === 'open') {
      const outcome = state === 'sent' && transaction ? await outcomeOf(snapshot, transaction as Hex) : null
      // Nobody else has the bytes: what the transaction could not use is still to be used.
      if (outcome && !outcome.ok) await transfers.takeBack(id, outcome.fee)
      return
    }
    await this.#readBalance(transfer, transfer.from)
    // It may be another of the wallet's own accounts that has it now.
    if ((await vaultAccounts()).some(({ address }) => address === transfer.to))
      await this.#readBalance(transfer, transfer.to)
    if (proof.state === 'expired') await transfers.expire(id)
    else
      await transfers.settle(id, proof.transaction, (await outcomeOf(snapshot, proof.transaction as Hex))?.fee ?? null)
  }

  async #lookAtTopUp(transfer: Transfer, snapshot: EvmSnapshot | null): Promise<void> {
    const { transfers } = this.#ledger
    const { id, transaction = '', createdAt } = transfer
    const outcome = snapshot && isHash(transaction) ? await outcomeOf(snapshot, transaction) : null
    if (!outcome) {
      if (Date.now() - createdAt > LOOKED_FOR_MS) await transfers.loseSight(id)
      return
    }
    const { asset, from, to: payTo, units } = transfer
    await this.#readBalance(transfer, payTo)
    if (outcome.ok && transfersIn({ asset, from, payTo, units }, outcome.logs).length > 0)
      await transfers.settle(id, transaction, outcome.fee)
    else await transfers.fail(id, outcome.fee)
  }

  /** Before a hold ends, the balance must already show the money gone. */
  async #readBalance({ network, asset: address }: Transfer, owner: string): Promise<void> {
    const asset = findAsset(network, address)
    if (asset) await this.#balances.read(owner, asset)
  }

  /** The alarm is there while a transfer is unfinished. */
  async #setAlarm(): Promise<void> {
    if ((await this.#ledger.transfers.unfinished()).length === 0) await browser.alarms.clear(ALARM)
    // Set anew, it would begin its minute anew.
    else if (!(await browser.alarms.get(ALARM))) await browser.alarms.create(ALARM, { periodInMinutes: ALARM_MINUTES })
  }
}

/** A pinned token on its network. Anything else never comes from our screens. */
function tokenOn(networkId: string, address: string): { network: EvmNetwork; asset: EvmAsset } {
  const [network, asset] = [findNetwork(networkId), findAsset(networkId, address)]
  if (network?.family !== 'evm' || asset?.family !== 'evm') throw new TuppenceError('invalid_message')
  return { network, asset }
}

/** One whose contract takes signed transfers (EIP-3009). */
function authorizable(networkId: string, address: string): { network: EvmNetwork; asset: EvmAsset } {
  const known = tokenOn(networkId, address)
  if (known.asset.method !== 'eip3009') throw new TuppenceError('invalid_message')
  return known
}

/** Null when nothing was authorised. */
function claimOf({ authorization, transaction, network, asset, from, to, units }: Transfer): EvmClaim | null {
  if (!authorization || authorization.method === 'solana' || authorization.method === 'voucher') return null
  if (authorization.method === 'http-signature') return null
  const { method, nonce, validBefore } = authorization
  return { network, asset, from, payTo: to, units, method, nonce, validBefore, transaction: transaction ?? null }
}
