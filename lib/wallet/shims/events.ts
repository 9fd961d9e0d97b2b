type Listener = (...args: unknown[]) => void

/**
 * As much of Node's `events` as MetaMask's provider and the streams under it use (see wxt.config.ts). A function and no class:
 * what inherits from it calls it without `new`. Listeners rest in `_events`, where its heirs look for them.
 */
export interface EventEmitter {
  _events: Record<string, Listener[] | undefined>
  on(type: string, listener: Listener): this
  once(type: string, listener: Listener): this
  prependListener(type: string, listener: Listener): this
  removeListener(type: string, listener: Listener): this
  removeAllListeners(type?: string): this
  emit(type: string, ...args: unknown[]): boolean
  listeners(type: string): Listener[]
  listenerCount(type: string): number
  setMaxListeners(): this
}

export function EventEmitter(this: EventEmitter): void {
  this._events ??= Object.create(null)
}

/** The listener that was asked for, where it is wrapped to be called once. */
const wrapped = new WeakMap<Listener, Listener>()

function listenersOf(emitter: EventEmitter, type: string): Listener[] {
  emitter._events ??= Object.create(null)
  return emitter._events[type] ?? []
}

const methods: Omit<EventEmitter, '_events'> & ThisType<EventEmitter> = {
  on(type, listener) {
    const listeners = listenersOf(this, type)
    this._events[type] = [...listeners, listener]
    return this
  },
  prependListener(type, listener) {
    const listeners = listenersOf(this, type)
    this._events[type] = [listener, ...listeners]
    return this
  },
  once(type, listener) {
    const once: Listener = (...args) => {
      this.removeListener(type, once)
      listener.apply(this, args)
    }
    wrapped.set(once, listener)
    return this.on(type, once)
  },
  removeListener(type, listener) {
    const listeners = listenersOf(this, type)
    const index = listeners.findLastIndex((one) => one === listener || wrapped.get(one) === listener)
    const left = listeners.filter((_, at) => at !== index)
    // An entry that is there counts as being listened to.
    if (left.length > 0) this._events[type] = left
    else delete this._events[type]
    return this
  },
  removeAllListeners(type) {
    if (type === undefined) this._events = Object.create(null)
    else delete this._events[type]
    return this
  },
  emit(type, ...args) {
    const listeners = listenersOf(this, type)
    if (type === 'error' && listeners.length === 0) throw args[0]
    for (const listener of listeners) listener.apply(this, args)
    return listeners.length > 0
  },
  listeners(type) {
    return listenersOf(this, type)
  },
  listenerCount(type) {
    return listenersOf(this, type).length
  },
  setMaxListeners() {
    return this
  },
}
Object.assign(EventEmitter.prototype, methods, { addListener: methods.on, off: methods.removeListener })
