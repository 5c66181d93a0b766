// The environment of worker processes: nothing that could be a secret of the coordinator, and the marks that tell whose they are.
import { NODE_MARKER, RUN_MARKER } from '../cluster/proc.ts'

/** Where a driver that runs a JVM finds it, the jars and what it made of them. */
const PLACES = ['JAVA_HOME', 'KAFKA_HOME', 'GAUNTLET_CACHE', 'XDG_CACHE_HOME']

/** Workers get the environment without what could be a secret of the coordinator. */
export function workerEnvironment(): NodeJS.ProcessEnv {
  const kept = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'UV_THREADPOOL_SIZE', 'NODE_EXTRA_CA_CERTS', ...PLACES]
  return Object.fromEntries(kept.flatMap(name => (process.env[name] === undefined ? [] : [[name, process.env[name]]])))
}

/** The name of a worker process in its environment and in the journal. */
export const workerMark = (worker: string): string => `worker-${worker}`

/** By these clean-up knows a worker that could not end itself. */
export const workerMarks = (runId: string, worker: string): NodeJS.ProcessEnv => ({
  [RUN_MARKER]: runId,
  [NODE_MARKER]: workerMark(worker),
})
