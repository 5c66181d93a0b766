// Binds all threads of a worker to its cores; one that runs elsewhere would be measured as if it did not.
import { spawnSync } from 'node:child_process'
import { HarnessError } from '../core/errors.ts'

/** Returns why it could not be done. */
export function pin(worker: string, cpuset: string, pid: number): HarnessError | undefined {
  const done = spawnSync('taskset', ['-a', '-c', '-p', cpuset, String(pid)], { encoding: 'utf8' })
  if (done.status === 0) return undefined
  const why = done.error?.message ?? done.stderr.trim()
  return new HarnessError({
    code: 'E204',
    message: `worker ${worker} cannot run on cores ${cpuset}: ${why}`,
    hint: 'remove cluster.workers.cpuset, or name cores this machine has',
  })
}
