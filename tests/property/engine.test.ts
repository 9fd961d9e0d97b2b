/*
 * The engine as a whole, held to what it promises (I1 to I11): real ledger, rules, decisions, signatures, recovery and all
 * that binds them, in a world of hostile servers, crashes at any call, writes that fail, clocks that are set, and a chain that
 * is down or changes its mind. `ENGINE_SEED=… ENGINE_PATH=… npx vitest run tests/property/engine.test.ts` replays a failure.
 */
import 'fake-indexeddb/auto'

import './engine/mocks'

import { test } from 'vitest'
import { effort } from '../effort'
import { steps } from './engine/commands'
import { expectPromisesKept } from './engine/property'

test('whatever happens one after another, every promise is kept', async () => {
  await expectPromisesKept(steps, effort(1_000, 50_000))
}, 10_000_000)
