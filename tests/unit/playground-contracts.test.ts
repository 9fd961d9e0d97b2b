import { expect, test } from 'vitest'
import { compile, readArtifact } from '../../playground/contracts/build.ts'

test('the committed USDC stand-in is what its source compiles to', () => {
  expect(readArtifact()).toEqual(compile())
}, 30_000)
