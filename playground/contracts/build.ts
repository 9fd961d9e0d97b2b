import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Abi, Hex } from 'viem'
import { PlaygroundError } from '../error.ts'

const require = createRequire(import.meta.url)

/** The playground's own contracts, each with the file it is in. Its artifact is the JSON file of its name. */
export const CONTRACTS = {
  USDC: 'USDC.sol',
  BatchSettlement: 'BatchSettlement.sol',
  ERC3009DepositCollector: 'BatchSettlement.sol',
  ExactPermit2Proxy: 'Permit2Proxies.sol',
  UptoPermit2Proxy: 'Permit2Proxies.sol',
} as const
type Contract = keyof typeof CONTRACTS

const artifactFile = (contract: Contract) => new URL(`./${contract}.json`, import.meta.url)

/** A compiled contract: what it offers, and the code that stands at its address. */
interface Artifact {
  readonly compiler: string
  readonly abi: Abi
  readonly deployedBytecode: Hex
}

interface SolcOutput {
  readonly errors?: readonly { readonly severity: string; readonly formattedMessage: string }[]
  readonly contracts?: Readonly<
    Record<string, Record<string, { abi: Abi; evm: { deployedBytecode: { object: string } } }>>
  >
}

/**
 * Compiles a contract, the same bytes on every machine. Takes a few seconds.
 * @throws PlaygroundError with the compiler's messages when the source does not compile
 */
export function compile(name: Contract): Artifact {
  const file = CONTRACTS[name]
  const solc: typeof import('solc') = require('solc')
  const input = {
    language: 'Solidity',
    sources: { [file]: { content: readFileSync(new URL(`./${file}`, import.meta.url), 'utf8') } },
    settings: {
      optimizer: { enabled: true, runs: 200 },
      // The metadata hash would change with every comment in a dependency.
      metadata: { bytecodeHash: 'none' },
      evmVersion: 'cancun',
      outputSelection: { [file]: { [name]: ['abi', 'evm.deployedBytecode.object'] } },
    },
  }
  const output: SolcOutput = JSON.parse(
    solc.compile(JSON.stringify(input), {
      import: (path: string) => ({ contents: readFileSync(require.resolve(path), 'utf8') }),
    }),
  )
  const contract = output.contracts?.[file]?.[name]
  const errors = output.errors?.filter(({ severity }) => severity === 'error') ?? []
  if (!contract || errors.length > 0) {
    throw new PlaygroundError(`${file} does not compile:\n${errors.map((e) => e.formattedMessage).join('\n')}`)
  }
  return {
    compiler: solc.version(),
    abi: contract.abi,
    deployedBytecode: `0x${contract.evm.deployedBytecode.object}`,
  }
}

/** Reads a committed artifact. */
export function readArtifact(contract: Contract): Artifact {
  return JSON.parse(readFileSync(artifactFile(contract), 'utf8'))
}

if (import.meta.main) {
  for (const contract of Object.keys(CONTRACTS) as Contract[])
    writeFileSync(artifactFile(contract), `${JSON.stringify(compile(contract), null, 2)}\n`)
}
