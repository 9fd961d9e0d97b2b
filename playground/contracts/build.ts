import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Abi, Hex } from 'viem'
import { PlaygroundError } from '../error.ts'

const require = createRequire(import.meta.url)
const artifactFile = new URL('./USDC.json', import.meta.url)

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
 * Compiles `USDC.sol`, the same bytes on every machine. Takes a few seconds.
 * @throws PlaygroundError with the compiler's messages when the source does not compile
 */
export function compile(): Artifact {
  const solc: typeof import('solc') = require('solc')
  const input = {
    language: 'Solidity',
    sources: { 'USDC.sol': { content: readFileSync(new URL('./USDC.sol', import.meta.url), 'utf8') } },
    settings: {
      optimizer: { enabled: true, runs: 200 },
      // The metadata hash would change with every comment in a dependency.
      metadata: { bytecodeHash: 'none' },
      evmVersion: 'cancun',
      outputSelection: { 'USDC.sol': { USDC: ['abi', 'evm.deployedBytecode.object'] } },
    },
  }
  const output: SolcOutput = JSON.parse(
    solc.compile(JSON.stringify(input), {
      import: (path: string) => ({ contents: readFileSync(require.resolve(path), 'utf8') }),
    }),
  )
  const contract = output.contracts?.['USDC.sol']?.USDC
  const errors = output.errors?.filter(({ severity }) => severity === 'error') ?? []
  if (!contract || errors.length > 0) {
    throw new PlaygroundError(`USDC.sol does not compile:\n${errors.map((e) => e.formattedMessage).join('\n')}`)
  }
  return {
    compiler: solc.version(),
    abi: contract.abi,
    deployedBytecode: `0x${contract.evm.deployedBytecode.object}`,
  }
}

/** Reads the committed artifact. */
export function readArtifact(): Artifact {
  return JSON.parse(readFileSync(artifactFile, 'utf8'))
}

if (import.meta.main) writeFileSync(artifactFile, `${JSON.stringify(compile(), null, 2)}\n`)
