import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { x402ExactPermit2ProxyAddress, x402UptoPermit2ProxyAddress } from '@x402/evm'
import {
  type Address,
  concat,
  createPublicClient,
  createTestClient,
  createWalletClient,
  encodeFunctionData,
  erc20Abi,
  type Hex,
  http,
  parseAbi,
  parseEventLogs,
  parseUnits,
  toHex,
} from 'viem'
import { base, baseSepolia } from 'viem/chains'
import { readArtifact } from './contracts/build.ts'
import { PlaygroundError } from './error.ts'
import { createQueue } from './queue.ts'

const require = createRequire(import.meta.url)

/** The network the chain says it is: Base Sepolia, in CAIP-2. */
export const NETWORK = 'eip155:84532'

/** USDC's address on Base Sepolia, where the stand-in stands. */
export const USDC: Address = '0x036CbD53842c5426634e7929541eC2318f3dCF7e'

/** What a chain can look like, and where USDC is there. The stand-in calls itself as it does on Base Sepolia on both. */
const MODELS = {
  'base-sepolia': { chain: baseSepolia, usdc: USDC },
  base: { chain: base, usdc: '0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913' as Address },
} as const

const MULTICALL3: Address = '0xcA11bde05977b3631167028862bE2a173976CA11'
const PERMIT2: Address = '0x000000000022D473030F116dDEE9F6B43aC78BA3'
const PERMIT2_SALT: Hex = '0x0000000000000000000000000000000000000000d3af2663da51c10215000000'
const CREATE2_FACTORY: Address = '0x4e59b44847b379578588920cA78FbF26c0B4956C'
/** The contracts of prepaid tabs. */
const BATCH_SETTLEMENT: Address = '0x4020074e9dF2ce1deE5A9C1b5c3f541D02a10003'
const DEPOSIT_COLLECTOR: Address = '0x4020806089470a89826cB9fB1f4059150b550004'
/** The contracts of x402 that hand payments to Permit2. */
const PROXIES = [
  [x402ExactPermit2ProxyAddress, 'ExactPermit2Proxy'],
  [x402UptoPermit2ProxyAddress, 'UptoPermit2Proxy'],
] as const
const START_TIMEOUT_MS = 10_000

/** One movement of USDC. */
export interface Transfer {
  readonly from: Address
  readonly to: Address
  /** Atomic units: 1,000,000 are one dollar. */
  readonly value: bigint
  readonly transaction: Hex
}

/** A local chain that looks like Base Sepolia: a USDC stand-in, Permit2 and Multicall3 at their known addresses. */
export interface Chain {
  readonly rpcUrl: string
  /** Gives `address` USDC out of nothing; `usd` is dollars as a decimal, like "1.50". */
  fund(address: Address, usd: string): Promise<void>
  /** Lets Permit2 move so much of the USDC of `owner`, as its owner's own transaction would. */
  allowPermit2(owner: Address, usd: string): Promise<void>
  /** How much of the USDC of `owner` Permit2 may move, in atomic units. */
  permit2AllowanceOf(owner: Address): Promise<bigint>
  /** The USDC of `address` in atomic units. */
  balanceOf(address: Address): Promise<bigint>
  /** What a prepaid tab's contract keeps of one: what is in it, and what of that its site has claimed. In atomic units. */
  tab(channel: Hex): Promise<{ readonly balance: bigint; readonly claimed: bigint }>
  /** Every movement of USDC since the start, oldest first; money from `fund` comes from the zero address. */
  transfers(): Promise<Transfer[]>
  /** Ends the chain; all its state is gone. */
  stop(): Promise<void>
}

export interface ChainOptions {
  /** The network that it says it is; Base Sepolia by default. Real networks have blocks taken back, test ones do not care. */
  readonly like?: keyof typeof MODELS
  /** The port to listen on; a free one by default. */
  readonly port?: number | undefined
  /**
   * Whether a block is made every second beside those for transactions, as on a chain that others use too: a payment counts
   * only once there are blocks on top of its own. The blocks have the time of the wall clock, however many they are. Without,
   * the chain stands still between transactions. True by default.
   */
  readonly ticking?: boolean
}

/**
 * Starts anvil on 127.0.0.1 and puts the contracts in place.
 * @throws PlaygroundError when anvil is missing, does not start, or a contract does not land where it belongs
 */
export async function startChain({
  like = 'base-sepolia',
  port = 0,
  ticking = true,
}: ChainOptions = {}): Promise<Chain> {
  const model = MODELS[like]
  const anvil = await startAnvil(model.chain.id, port, ticking)
  try {
    return await prepare(anvil, model)
  } catch (error) {
    await anvil.stop()
    throw error
  }
}

async function prepare({ rpcUrl, stop }: Anvil, { chain, usdc }: (typeof MODELS)[keyof typeof MODELS]): Promise<Chain> {
  const settings = { chain, transport: http(rpcUrl), pollingInterval: 10, cacheTime: 0 }
  const reader = createPublicClient(settings)
  const test = createTestClient({ ...settings, mode: 'anvil' })
  // anvil keeps the keys of its own accounts and signs for them.
  const writer = createWalletClient(settings)
  const [account] = await writer.getAddresses()
  if (!account) throw new PlaygroundError('anvil offers no account to send from.')

  const inTurn = createQueue()
  const send = async (to: Address, data: Hex) => {
    const hash = await inTurn(() => writer.sendTransaction({ account, to, data }))
    const { status } = await reader.waitForTransactionReceipt({ hash })
    if (status !== 'success') throw new PlaygroundError(`A transaction to ${to} on the local chain was reverted.`)
  }

  await test.setCode({ address: usdc, bytecode: readArtifact('USDC').deployedBytecode })
  await test.setCode({ address: BATCH_SETTLEMENT, bytecode: readArtifact('BatchSettlement').deployedBytecode })
  await test.setCode({ address: DEPOSIT_COLLECTOR, bytecode: readArtifact('ERC3009DepositCollector').deployedBytecode })
  for (const [address, contract] of PROXIES)
    await test.setCode({ address, bytecode: readArtifact(contract).deployedBytecode })

  // Asked to run a constructor, a node answers with the code the contract would have.
  const { data: multicall3 } = await reader.call({ data: multicall3CreationCode() })
  if (!multicall3) throw new PlaygroundError("Multicall3's constructor gave no code.")
  await test.setCode({ address: MULTICALL3, bytecode: multicall3 })

  await send(CREATE2_FACTORY, concat([PERMIT2_SALT, permit2CreationCode()]))
  if (!(await reader.getCode({ address: PERMIT2 }))) throw new PlaygroundError(`Permit2 did not land at ${PERMIT2}.`)

  const mint = parseAbi(['function mint(address to, uint256 value)'])
  const channels = parseAbi(['function channels(bytes32) view returns (uint128, uint128)'])
  return {
    rpcUrl,
    fund: (address, usd) => send(usdc, encodeFunctionData({ abi: mint, args: [address, parseUnits(usd, 6)] })),
    allowPermit2: (owner, usd) =>
      test
        .request<{ Method: 'anvil_setERC20Allowance'; Parameters: [Address, Address, Address, Hex]; ReturnType: null }>(
          {
            method: 'anvil_setERC20Allowance',
            params: [owner, PERMIT2, usdc, toHex(parseUnits(usd, 6))],
          },
        )
        .then(() => undefined),
    permit2AllowanceOf: (owner) =>
      reader.readContract({ address: usdc, abi: erc20Abi, functionName: 'allowance', args: [owner, PERMIT2] }),
    balanceOf: (address) =>
      reader.readContract({ address: usdc, abi: erc20Abi, functionName: 'balanceOf', args: [address] }),
    async tab(channel) {
      const call = { address: BATCH_SETTLEMENT, abi: channels, functionName: 'channels', args: [channel] } as const
      const [balance, claimed] = await reader.readContract(call)
      return { balance, claimed }
    },
    async transfers() {
      const logs = await reader.getLogs({ address: usdc, fromBlock: 0n })
      return parseEventLogs({ abi: erc20Abi, eventName: 'Transfer', logs }).map(({ args, transactionHash }) => ({
        ...args,
        transaction: transactionHash,
      }))
    },
    stop,
  }
}

interface Anvil {
  readonly rpcUrl: string
  stop(): Promise<void>
}

async function startAnvil(chainId: number, port: number, ticking: boolean): Promise<Anvil> {
  const args = ['--host', '127.0.0.1', '--port', String(port), '--chain-id', String(chainId)]
  if (ticking) args.push('--block-time', '1', '--mixed-mining')
  const child = spawn(anvilBinary(), args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, RUST_LOG: 'warn' },
  })

  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve())
    child.once('error', () => resolve())
  })
  const killNow = () => child.kill('SIGKILL')
  process.once('exit', killNow)
  const stop = async () => {
    process.off('exit', killNow)
    child.kill()
    await ended
  }
  try {
    return { rpcUrl: await listeningUrl(child), stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** The package's own command is a script that starts this binary, and would leave it running when killed. */
function anvilBinary(): string {
  const arch = process.arch === 'x64' ? 'amd64' : process.arch
  const name = process.platform === 'win32' ? 'anvil.exe' : 'anvil'
  try {
    return require.resolve(`@foundry-rs/anvil-${process.platform}-${arch}/bin/${name}`)
  } catch {
    throw new PlaygroundError(`anvil is not installed for ${process.platform} on ${arch}.`)
  }
}

/** Waits until anvil says where it listens; it names the port it chose. */
function listeningUrl(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = ''
    const fail = (why: string) => reject(new PlaygroundError(`anvil did not start: ${why}`))
    const timer = setTimeout(() => fail(`it was silent for ${START_TIMEOUT_MS / 1000} seconds.`), START_TIMEOUT_MS)
    const read = (chunk: Buffer) => {
      output += chunk.toString()
      const address = /Listening on (\S+)\n/.exec(output)?.[1]
      if (!address) return
      clearTimeout(timer)
      // Whatever comes after is thrown away, so that the pipe never fills up.
      child.stdout?.off('data', read).resume()
      child.stderr?.off('data', read).resume()
      resolve(`http://${address}`)
    }
    child.stdout?.on('data', read)
    child.stderr?.on('data', read)
    child.once('error', (error) => {
      clearTimeout(timer)
      fail(error.message)
    })
    child.once('exit', (code) => {
      clearTimeout(timer)
      fail(output.trim() || `it ended with code ${code}.`)
    })
  })
}

/** The genuine creation code of Permit2. */
function permit2CreationCode(): Hex {
  const root = dirname(require.resolve('hardhat-predeploy/package.json'))
  return toHex(readFileSync(join(root, 'bin', `${PERMIT2}.bytecode`)))
}

/** The genuine creation code of Multicall3, which viem carries but does not export. */
function multicall3CreationCode(): Hex {
  const { multicall3Bytecode }: { multicall3Bytecode: Hex } = require(
    join(dirname(require.resolve('viem')), 'constants', 'contracts.js'),
  )
  return multicall3Bytecode
}
