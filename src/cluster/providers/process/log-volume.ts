// A node's log volume of a fixed size: memory as a file system, mounted where the node keeps its data; only root may do that.
import { execFile } from 'node:child_process'
import { mkdir, open, readFile, realpath, rm, statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import { HarnessError, messageOf } from '../../../core/errors.ts'
import type { DiskSpace } from '../../cluster.ts'
import { waitUntil } from '../../wait.ts'

const run = promisify(execFile)
const MOUNTS = '/proc/self/mountinfo'
const DEADLINE_MS = 10_000
const BUSY_DEADLINE_MS = 2000
const FIRST_CHUNK_BYTES = 1024 * 1024
/** A page: what is left below it nobody can use. */
const LAST_CHUNK_BYTES = 4096

/** What a mount of a run is called in the system's table: the mark by which clean-up knows it. */
const sourceOf = (runId: string): string => `gauntlet-${runId}`

/** Mounts memory of this size on a new directory; E306 where this user may not. */
export async function mountVolume(path: string, runId: string, sizeBytes: number): Promise<void> {
  await mkdir(path, { recursive: true })
  try {
    const options = `size=${sizeBytes},mode=0700`
    await run('mount', ['-t', 'tmpfs', '-o', options, sourceOf(runId), path], { timeout: DEADLINE_MS })
  } catch (error) {
    throw new HarnessError(
      {
        code: 'E306',
        message: `log.volume: a file system of a fixed size cannot be mounted here (${messageOf(error).trim()})`,
        hint: 'nodes as processes have one only where root runs them: run as root, or with --provider docker',
      },
      { cause: error },
    )
  }
}

/** True where this run has a file system mounted on exactly this path. */
export async function isMountOf(path: string, runId: string): Promise<boolean> {
  const [mounts, real] = await Promise.all([
    readFile(MOUNTS, 'utf8').catch(() => ''),
    realpath(path).catch(() => undefined),
  ])
  return mounts.split('\n').some(line => {
    const [before = '', after = ''] = line.split(' - ')
    return before.split(' ')[4] === real && after.split(' ')[1] === sourceOf(runId)
  })
}

/** Takes the mount of a run away; one that is not there is done, and one is busy for a moment after its last user has ended. */
export async function unmountVolume(path: string, runId: string): Promise<void> {
  let reason: unknown
  const isGone = await waitUntil(async () => {
    if (!(await isMountOf(path, runId))) return true
    await run('umount', [path], { timeout: DEADLINE_MS }).catch((error: unknown) => {
      reason = error
    })
    return false
  }, BUSY_DEADLINE_MS)
  if (!isGone) throw reason
}

/** Writes a file until nothing is free any more; only on a volume of the run's own, since it would fill anybody's disk. */
export async function fill(filler: string, runId: string): Promise<void> {
  if (!(await isMountOf(dirname(filler), runId)))
    throw new RangeError(`${dirname(filler)} is no volume of a fixed size`)
  const file = await open(filler, 'w')
  try {
    let chunk = Buffer.alloc(FIRST_CHUNK_BYTES)
    while (chunk.length >= LAST_CHUNK_BYTES) {
      const isWritten = await file.write(chunk).then(({ bytesWritten }) => bytesWritten === chunk.length, refuseOthers)
      if (!isWritten) chunk = chunk.subarray(0, chunk.length / 2)
    }
  } finally {
    await file.close()
  }
}

function refuseOthers(error: NodeJS.ErrnoException): false {
  if (error.code !== 'ENOSPC') throw error
  return false
}

/** Takes the filler away; one that is not there is done. */
export const empty = (filler: string): Promise<void> => rm(filler, { force: true })

/** The file system that holds a path, as the system tells it. */
export async function readSpace(path: string): Promise<DiskSpace> {
  const { blocks, bavail, bsize } = await statfs(path)
  return { totalBytes: blocks * bsize, freeBytes: bavail * bsize }
}
