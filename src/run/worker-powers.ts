// The powers over worker processes: each freeze is journaled before the act, since a stopped worker does not hear that its run has died.
import type { WorkerPowers } from '../chaos/workers.ts'
import { readProcess } from '../cluster/proc.ts'
import { waitUntil } from '../cluster/wait.ts'
import { HarnessError } from '../core/errors.ts'
import type { Crew } from '../load/crew.ts'
import type { TrialContext } from './context.ts'
import { workerMark } from './worker-environment.ts'

const SIGNAL_DEADLINE_MS = 3000

/** Powers over the workers of one trial. */
export function workerPowers({ journal, clock }: Pick<TrialContext, 'journal' | 'clock'>, crew: Crew): WorkerPowers {
  /** Entries of the journal by worker: its process, then what was done to it. */
  const noted = new Map<string, number[]>()
  const pidOf = (worker: string) => crew.workers().find(({ spec }) => spec.worker === worker)?.pid
  const stateOf = (worker: string): 'running' | 'frozen' | 'gone' => {
    const found = readProcess(pidOf(worker) ?? 0)
    if (!found) return 'gone'
    return /^t$/i.test(found.state) ? 'frozen' : 'running'
  }
  const signal = async (worker: string, name: 'SIGSTOP' | 'SIGCONT', wanted: 'running' | 'frozen') => {
    const pid = pidOf(worker)
    if (pid !== undefined) process.kill(pid, name)
    if (await waitUntil(() => stateOf(worker) === wanted, SIGNAL_DEADLINE_MS)) return
    throw new HarnessError({ code: 'E501', message: `worker ${worker} is ${stateOf(worker)}, expected ${wanted}` })
  }
  const note = async (worker: string) => {
    const pid = pidOf(worker)
    if (pid === undefined || noted.has(worker)) return
    const startTicks = readProcess(pid)?.startTicks
    const name = workerMark(worker)
    noted.set(worker, [
      await journal.record({ kind: 'process', name, pid, ...(startTicks === undefined ? {} : { startTicks }) }),
      await journal.record({ kind: 'fault', name: `freeze ${name}`, heal: `kill -CONT ${pid}` }),
    ])
  }
  const strike = async (worker: string) => {
    for (const entry of noted.get(worker)?.toReversed() ?? []) await journal.undone(entry)
    noted.delete(worker)
  }
  return {
    list: () => crew.workers().map(({ spec }) => ({ worker: spec.worker, group: spec.group, role: spec.role })),
    freeze: async worker => {
      await note(worker)
      crew.hold(worker, true)
      await signal(worker, 'SIGSTOP', 'frozen')
    },
    thaw: async worker => {
      await signal(worker, 'SIGCONT', 'running')
      crew.hold(worker, false)
      await strike(worker)
    },
    kill: worker => crew.kill(worker),
    start: async worker => {
      if (stateOf(worker) === 'gone') await crew.revive(worker, clock.nowUs())
    },
    state: async worker => stateOf(worker),
  }
}
