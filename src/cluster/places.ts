// Where things live on this machine: what is kept between runs, what a crash leaves to undo, and the data of a run.
import { homedir, tmpdir } from 'node:os'
import { isAbsolute, join } from 'node:path'

type Environment = Readonly<Record<string, string | undefined>>

/** Jars and class archives, made once and used by every run. */
export function cacheDirectory(env: Environment = process.env): string {
  const root = env['GAUNTLET_CACHE'] ?? absolute(env['XDG_CACHE_HOME']) ?? join(homedir(), '.cache')
  return join(root, 'kafka-gauntlet')
}

/** Journals, which must outlive a restart of the machine. */
export function stateDirectory(env: Environment = process.env): string {
  const root = env['GAUNTLET_STATE'] ?? absolute(env['XDG_STATE_HOME']) ?? join(homedir(), '.local', 'state')
  return join(root, 'kafka-gauntlet')
}

/** Data, logs and settings of the nodes of a run; gone when the run is. */
export function dataDirectory(runId: string): string {
  return join(tmpdir(), `${DATA_PREFIX}${runId}`)
}

/** How the names of all data directories begin, so that clean-up can tell them from others. */
export const DATA_PREFIX = 'kafka-gauntlet-'

/** The XDG rules say to ignore relative paths. */
function absolute(path: string | undefined): string | undefined {
  return path !== undefined && isAbsolute(path) ? path : undefined
}
