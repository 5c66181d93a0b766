// What faults on our own worker processes share: the narrow powers they act through, whom they strike, and reading their states back.

import type { Strike } from './fault.ts'
import { eachOf } from './node-fault.ts'
import type { Target } from './target.ts'

/** One process of a producer group or of a consumer group; the group by its name in the scenario. */
export type WorkerView = { worker: string; group: string; role: 'producer' | 'consumer' }
type State = 'running' | 'frozen' | 'gone'

/** The powers over workers; an act is ordered, so that the end of a worker is no failure of the run. */
export type WorkerPowers = {
  /** Those that have not been killed. */
  list(): readonly WorkerView[]
  /** SIGSTOP and SIGCONT. */
  freeze(worker: string): Promise<void>
  thaw(worker: string): Promise<void>
  /** SIGKILL. */
  kill(worker: string): Promise<void>
  /** Starts a killed consumer anew, as the same member of its group; a producer stays away. */
  start(worker: string): Promise<void>
  state(worker: string): Promise<State>
}

type WorkerTarget = Extract<Target, { kind: 'worker' }>

/** The workers meant now; a text that says why there are none. */
export function resolveWorkers({ text, group, member }: WorkerTarget, views: readonly WorkerView[]): string[] | string {
  const own = views.filter(view => view.group === group).map(view => view.worker)
  const found = member === undefined ? own : own.filter(worker => worker === `${group}-${member}`)
  return found.length > 0 ? found : `no ${text} runs at this moment`
}

/** The powers of a strike; a plan never gives a fault on workers to a run without them. */
export function workersOf({ ports }: Strike<unknown>): WorkerPowers {
  if (!ports.workers) throw new TypeError('a fault on workers without any')
  return ports.workers
}

/** All workers of a strike at once. */
export function eachWorker(strike: Strike<unknown>, act: (worker: string) => Promise<unknown>): Promise<void> {
  return eachOf(strike.workers ?? [], act)
}

/** The workers of a strike that are in another state than this one, in words. */
export async function workersNotIn(strike: Strike<unknown>, wanted: State): Promise<string | undefined> {
  const powers = workersOf(strike)
  const states = await Promise.all(
    (strike.workers ?? []).map(async worker => `${worker} is ${await powers.state(worker)}`),
  )
  const others = states.filter(text => !text.endsWith(` is ${wanted}`))
  return others.length === 0 ? undefined : others.join(', ')
}
