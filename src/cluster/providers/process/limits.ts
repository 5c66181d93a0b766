// Limits of CPU and memory for a node: by a control group below our own where we may make one, else what the JVM can do by itself.
import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { access, mkdir, readFile, rmdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { messageOf } from '../../../core/errors.ts'
import { formatBytes } from '../../../core/units.ts'
import type { NodeResources } from '../../../topology/topology.ts'
import { DATA_PREFIX } from '../../places.ts'

type Controller = 'cpu' | 'memory'
/** A directory in which a group may be made, and the files that set its limits. */
type GroupPlan = { parent: string; settings: [file: string, value: string][]; controllers: Controller[] }

export type NodeLimits = {
  /** Words before the command line of the JVM. */
  prefix: string[]
  jvmOptions: string[]
  /** What could not be done as asked, for everybody to read. */
  notes: string[]
  /** Groups that were made. */
  groups: string[]
}

const PERIOD_US = 100_000
/** Enters the groups before the JVM starts, which then sees the limits as its own machine. */
const ENTER = 'while [ "$1" != -- ]; do echo $$ >"$1" || exit 97; shift; done; shift; exec "$@"'

/** Makes the limits of one node; each group is announced before it is made. */
export async function makeLimits(
  label: string,
  runId: string,
  resources: NodeResources,
  announce: (path: string) => Promise<void>,
): Promise<NodeLimits> {
  const limits: NodeLimits = { prefix: [], jvmOptions: [], notes: [], groups: [] }
  const wanted: Controller[] = []
  if (resources.cpus !== undefined) wanted.push('cpu')
  if (resources.memoryBytes !== undefined) wanted.push('memory')
  const missing = new Map<Controller, string>()
  for (const plan of await planGroups(wanted, resources, missing)) {
    const path = join(plan.parent, `${DATA_PREFIX}${runId}-${label}-${randomBytes(3).toString('hex')}`)
    await announce(path)
    limits.groups.push(path)
    try {
      await mkdir(path)
      for (const [file, value] of plan.settings) await writeFile(join(path, file), value)
      await access(join(path, 'cgroup.procs'), constants.W_OK)
      limits.prefix.push(join(path, 'cgroup.procs'))
    } catch (error) {
      for (const controller of plan.controllers) missing.set(controller, messageOf(error))
    }
  }
  if (limits.prefix.length > 0) limits.prefix = ['/bin/sh', '-c', ENTER, 'sh', ...limits.prefix, '--']
  if (resources.cpuset !== undefined) limits.prefix.unshift('taskset', '-c', resources.cpuset)
  substitute(limits, resources, missing)
  return limits
}

/** Removes a group once nothing runs in it. */
export async function removeGroup(path: string): Promise<void> {
  await rmdir(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
  })
}

/** What is done in place of a group, and said. */
function substitute(limits: NodeLimits, resources: NodeResources, missing: ReadonlyMap<Controller, string>): void {
  const cpuReason = missing.get('cpu')
  if (cpuReason !== undefined && resources.cpus !== undefined) {
    const processors = Math.max(1, Math.ceil(resources.cpus))
    limits.jvmOptions.push(`-XX:ActiveProcessorCount=${processors}`)
    limits.notes.push(
      `cpus: ${resources.cpus} is not enforced: no control group for CPU time (${cpuReason}); the JVM was told of ${processors} processors instead, which sizes its threads but does not bound its use`,
    )
  }
  const memoryReason = missing.get('memory')
  if (memoryReason !== undefined && resources.memoryBytes !== undefined) {
    limits.notes.push(
      `memory: ${formatBytes(resources.memoryBytes)} is not enforced: no control group for memory (${memoryReason}); only the heap of ${formatBytes(resources.heapBytes)} is bounded`,
    )
  }
}

async function planGroups(
  wanted: readonly Controller[],
  resources: NodeResources,
  missing: Map<Controller, string>,
): Promise<GroupPlan[]> {
  if (wanted.length === 0) return []
  const own = await readOwnGroups()
  const plans: GroupPlan[] = []
  const rest: Controller[] = []
  for (const controller of wanted) {
    const parent = own.separate.get(controller)
    if (parent === undefined) rest.push(controller)
    else plans.push({ parent, settings: separateSettings(controller, resources), controllers: [controller] })
  }
  if (rest.length === 0) return plans
  const parent = await findUnifiedParent(own.unified, rest)
  if (parent === undefined) for (const controller of rest) missing.set(controller, 'none is delegated to us')
  else plans.push({ parent, settings: rest.flatMap(name => unifiedSettings(name, resources)), controllers: rest })
  return plans
}

function separateSettings(controller: Controller, { cpus = 1, memoryBytes = 0 }: NodeResources): GroupPlan['settings'] {
  if (controller === 'memory') return [['memory.limit_in_bytes', String(memoryBytes)]]
  return [
    ['cpu.cfs_period_us', String(PERIOD_US)],
    ['cpu.cfs_quota_us', String(Math.round(cpus * PERIOD_US))],
  ]
}

function unifiedSettings(controller: Controller, { cpus = 1, memoryBytes = 0 }: NodeResources): GroupPlan['settings'] {
  if (controller === 'memory') return [['memory.max', String(memoryBytes)]]
  return [['cpu.max', `${Math.round(cpus * PERIOD_US)} ${PERIOD_US}`]]
}

/** Our own groups: one per controller (version 1), and the one of the unified tree (version 2). */
async function readOwnGroups(): Promise<{ separate: Map<Controller, string>; unified?: string }> {
  const separate = new Map<Controller, string>()
  let unified: string | undefined
  const [mounts, groups] = await Promise.all([read('/proc/self/mountinfo'), read('/proc/self/cgroup')])
  const mountOf = (wanted: (type: string, options: string[]) => boolean) => findMount(mounts, wanted)
  for (const line of groups.split('\n')) {
    const [id, names = '', path = '/'] = line.split(':')
    if (id === '0') {
      const mount = mountOf(type => type === 'cgroup2')
      if (mount) unified = inMount(mount, path)
    }
    for (const controller of ['cpu', 'memory'] as const) {
      if (!names.split(',').includes(controller)) continue
      const mount = mountOf((type, options) => type === 'cgroup' && options.includes(controller))
      if (mount) separate.set(controller, inMount(mount, path))
    }
  }
  return { separate, ...(unified === undefined ? {} : { unified }) }
}

type Mount = { root: string; point: string }

function findMount(mounts: string, wanted: (type: string, options: string[]) => boolean): Mount | undefined {
  for (const line of mounts.split('\n')) {
    const [before = '', after = ''] = line.split(' - ')
    const [type = '', , options = ''] = after.split(' ')
    const [, , , root, point] = before.split(' ')
    if (root !== undefined && point !== undefined && wanted(type, options.split(','))) return { root, point }
  }
  return undefined
}

/** A container sees only a part of the tree mounted, yet may be told its group by the whole path. */
function inMount({ root, point }: Mount, path: string): string {
  const hidden = root !== '/' && (path === root || path.startsWith(`${root}/`))
  return join(point, hidden ? path.slice(root.length) : path)
}

/** A group whose children get the controllers: our own, or the one around it, where processes may be moved within. */
async function findUnifiedParent(own: string | undefined, wanted: readonly Controller[]): Promise<string | undefined> {
  if (own === undefined) return undefined
  for (const candidate of [own, join(own, '..')]) {
    const given = (await read(join(candidate, 'cgroup.subtree_control'))).trim().split(' ')
    if (wanted.every(controller => given.includes(controller))) return candidate
  }
  return undefined
}

function read(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '')
}
