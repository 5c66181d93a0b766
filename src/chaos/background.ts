// Work of a fault that goes on by itself while it lasts; whoever heals ends it first, so that nothing acts after the heal.
import { setTimeout as sleep } from 'node:timers/promises'

/** `turns` counts what has been read back as done. */
export type Work = { turns: number; readonly signal: AbortSignal }
type Running = Work & { end: AbortController; done: Promise<void>; isOver: boolean }

const running = new WeakMap<object, Running>()

/** Begins work under a strike. */
export function goOn(strike: object, work: (work: Work) => Promise<void>): void {
  const end = new AbortController()
  const own: Running = { turns: 0, end, signal: end.signal, done: Promise.resolve(), isOver: false }
  running.set(strike, own)
  own.done = work(own).finally(() => {
    own.isOver = true
  })
  // What went wrong shows in the proof, and in the look at what remains.
  own.done.catch(() => undefined)
}

/** How the work under a strike is getting on. */
export function workOf(strike: object): { turns: number; isOver: boolean } {
  return running.get(strike) ?? { turns: 0, isOver: true }
}

/** Resolves when the work is over, rejects with what went wrong in it. */
export async function workDone(strike: object): Promise<void> {
  await running.get(strike)?.done
}

/** Ends the work, and waits until it acts no more. */
export async function endWork(strike: object): Promise<void> {
  const own = running.get(strike)
  own?.end.abort()
  await own?.done.catch(() => undefined)
}

/** A pause; false where the end cut it short. */
export async function rest(ms: number, { signal }: Work): Promise<boolean> {
  try {
    await sleep(ms, undefined, { signal })
    return true
  } catch {
    return false
  }
}
