import { expect, test } from 'vitest'
import { CONTRACTS, compile, readArtifact } from '../../playground/contracts/build.ts'

test.each(Object.keys(CONTRACTS) as (keyof typeof CONTRACTS)[])(
  'the committed stand-in %s is what its source compiles to',
  (contract) => {
    expect(readArtifact(contract)).toEqual(compile(contract))
  },
  30_000,
)
