// What the doctor finds about the machine itself: memory, disk, cores, limits, clocks.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { availableParallelism, freemem, tmpdir, totalmem } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { formatBytes } from '../../core/units.ts'
import { doubt, type Finding, fine, lack } from './finding.ts'

const OLDEST_NODE = 24
const GIB = 2 ** 30
/** A broker with its default heap, its page cache and the workers. */
const MEMORY_FOR_ONE_BYTES = 1.5 * GIB
const MEMORY_FOR_THREE_BYTES = 4 * GIB
const DISK_LEAST_BYTES = 1 * GIB
const DISK_COMFORTABLE_BYTES = 5 * GIB
const CORES_COMFORTABLE = 4
const FILES_COMFORTABLE = 4096
const STEAL_WINDOW_MS = 500
const STEAL_LIMIT = 0.02
/** Clock sources that are read without a call into the kernel. */
const FAST_CLOCKS = ['tsc', 'kvm-clock', 'hyperv_clocksource_tsc_page', 'arch_sys_counter']

/** All findings about the machine. */
export async function checkMachine(out: string): Promise<Finding[]> {
  return [
    checkNode(),
    checkMemory(),
    await checkDisk('disk for data', tmpdir()),
    await checkDisk('disk for recordings', out),
    checkCores(),
    checkTaskset(),
    checkFiles(),
    fine('ports', 'none is fixed: every run takes free ones on loopback, or the networks of its own'),
    checkClock(),
    await checkSteal(),
  ]
}

function checkNode(): Finding {
  const major = Number(process.versions.node.split('.')[0])
  if (major >= OLDEST_NODE) return fine('Node', process.versions.node)
  return lack('Node', `${process.versions.node} is too old`, `install Node ${OLDEST_NODE} or newer`)
}

function checkMemory(): Finding {
  const available = Number(/^MemAvailable:\s+(\d+) kB/m.exec(read('/proc/meminfo'))?.[1]) * 1024 || freemem()
  const detail = `${formatBytes(available)} of ${formatBytes(totalmem())} available`
  const fix = 'end what else runs, or give the nodes less: cluster: { resources: { heap: 256MiB } }'
  if (available < MEMORY_FOR_ONE_BYTES) return doubt('memory', `${detail}: little for even one broker`, fix)
  if (available < MEMORY_FOR_THREE_BYTES)
    return doubt('memory', `${detail}: enough for one broker, little for three`, fix)
  return fine('memory', detail)
}

async function checkDisk(check: string, path: string): Promise<Finding> {
  const facts = await statfs(path).catch(() => statfs('.'))
  const free = facts.bavail * facts.bsize
  const detail = `${formatBytes(free)} free at ${path}`
  if (free < DISK_LEAST_BYTES)
    return lack(check, detail, check === 'disk for data' ? 'free some, or set TMPDIR' : 'free some, or use --out')
  if (free < DISK_COMFORTABLE_BYTES)
    return doubt(check, detail, '`gauntlet plan` says how much a run writes; keep twice that free')
  return fine(check, detail)
}

function checkCores(): Finding {
  const cores = availableParallelism()
  if (cores >= CORES_COMFORTABLE) return fine('cores', String(cores))
  const fix = 'give brokers and workers cores of their own (cpuset), and believe differences more than absolute numbers'
  return doubt('cores', `${cores}: brokers and workers compete for them`, fix)
}

function checkTaskset(): Finding {
  if (spawnSync('taskset', ['--version']).status === 0) return fine('taskset', 'cpuset holds for JVM nodes and workers')
  return doubt('taskset', 'missing: cpuset cannot hold', 'install util-linux')
}

function checkFiles(): Finding {
  const soft = /^Max open files\s+(\S+)/m.exec(read('/proc/self/limits'))?.[1]
  if (soft === undefined) return fine('open files', 'the limit is not told here')
  const detail = `at most ${soft} per process`
  if (soft === 'unlimited' || Number(soft) >= FILES_COMFORTABLE) return fine('open files', detail)
  return doubt('open files', detail, `ulimit -n ${FILES_COMFORTABLE * 4}`)
}

function checkClock(): Finding {
  const folder = '/sys/devices/system/clocksource/clocksource0'
  const source = read(`${folder}/current_clocksource`).trim()
  if (source === '') return fine('clock source', 'not told here')
  if (FAST_CLOCKS.includes(source)) return fine('clock source', source)
  const available = read(`${folder}/available_clocksource`).trim()
  return doubt(
    'clock source',
    `${source}: slow to read, which blurs short latencies`,
    `use a faster one of: ${available}`,
  )
}

/** Time in which the hypervisor ran somebody else, over a short window. */
async function checkSteal(): Promise<Finding> {
  const before = readCpu()
  if (!before) return fine('steal', 'not told here')
  await sleep(STEAL_WINDOW_MS)
  const after = readCpu() ?? before
  const share = (after.steal - before.steal) / Math.max(1, after.total - before.total)
  const detail = `${(share * 100).toFixed(1)} % of CPU time in the last ${STEAL_WINDOW_MS} ms`
  if (share <= STEAL_LIMIT) return fine('steal', detail)
  return doubt(
    'steal',
    `${detail} went to other machines of this host`,
    'measure where nobody else computes, or repeat more often',
  )
}

const STEAL_FIELD = 7
const GUEST_FIELD = 8

function readCpu(): { steal: number; total: number } | undefined {
  const line = /^cpu\s+(.+)$/m.exec(read('/proc/stat'))?.[1]
  if (line === undefined) return undefined
  const ticks = line.split(' ').map(Number)
  // Guest time is counted in user time already.
  return { steal: ticks[STEAL_FIELD] ?? 0, total: ticks.slice(0, GUEST_FIELD).reduce((sum, value) => sum + value, 0) }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
