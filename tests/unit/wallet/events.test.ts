import { EventEmitter as NodeEmitter } from 'node:events'
import { describe, expect, test } from 'vitest'
import { EventEmitter } from '@/lib/wallet/shims/events'

/** As the streams inherit from it: called without `new`. */
function Ours(this: EventEmitter) {
  EventEmitter.call(this)
}
Object.setPrototypeOf(Ours.prototype, EventEmitter.prototype)
const ours = (): EventEmitter => new (Ours as unknown as new () => EventEmitter)()

const EMITTERS: readonly [string, () => EventEmitter][] = [
  ['ours', ours],
  ['Node’s', () => new NodeEmitter() as unknown as EventEmitter],
]

describe.each(EMITTERS)('an emitter, %s', (_, create) => {
  test('calls its listeners in order, with itself and what is emitted', () => {
    const emitter = create()
    const heard: unknown[] = []
    emitter.on('data', (...args) => heard.push(1, ...args))
    emitter.on('data', function (this: unknown) {
      heard.push(this === emitter)
    })
    emitter.prependListener('data', () => heard.push(0))
    expect(emitter.emit('data', 'a', 'b')).toBe(true)
    expect(heard).toEqual([0, 1, 'a', 'b', true])
    expect(emitter.emit('end')).toBe(false)
  })

  test('calls once what is to be called once, and can be told not to', () => {
    const emitter = create()
    let calls = 0
    const listener = () => {
      calls += 1
    }
    emitter.once('end', listener)
    emitter.emit('end')
    emitter.emit('end')
    expect(calls).toBe(1)
    emitter.once('end', listener)
    emitter.removeListener('end', listener)
    emitter.emit('end')
    expect(calls).toBe(1)
  })

  test('calls whoever listened when it began, whatever they do meanwhile', () => {
    const emitter = create()
    const heard: number[] = []
    const second = () => heard.push(2)
    emitter.on('data', () => {
      heard.push(1)
      emitter.removeListener('data', second)
      emitter.on('data', () => heard.push(3))
    })
    emitter.on('data', second)
    emitter.emit('data')
    expect(heard).toEqual([1, 2])
    expect(emitter.listenerCount('data')).toBe(2)
  })

  test('takes out one of two that are the same, the later one, or all', () => {
    const emitter = create()
    const heard: string[] = []
    const twice = () => heard.push('twice')
    emitter.on('x', twice)
    emitter.on('x', () => heard.push('between'))
    emitter.on('x', twice)
    emitter.removeListener('x', twice)
    emitter.emit('x')
    expect(heard).toEqual(['twice', 'between'])
    emitter.removeAllListeners('x')
    expect([emitter.listeners('x'), emitter.emit('x')]).toEqual([[], false])
  })

  test('throws an error that nobody listens to', () => {
    const emitter = create()
    expect(() => emitter.emit('error', new Error('lost'))).toThrow('lost')
    emitter.on('error', () => undefined)
    expect(emitter.emit('error', new Error('lost'))).toBe(true)
  })
})
