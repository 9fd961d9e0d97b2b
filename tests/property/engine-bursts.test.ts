/* As engine.test.ts, with much at the same time; a file of its own, so that two cores can share the work. */
import 'fake-indexeddb/auto'

import './engine/mocks'

import { test } from 'vitest'
import { effort } from '../effort'
import { bursts } from './engine/commands'
import { expectPromisesKept } from './engine/property'

test('whatever happens at the same time, every promise is kept', async () => {
  await expectPromisesKept(bursts, effort(1_000, 50_000))
}, 10_000_000)
