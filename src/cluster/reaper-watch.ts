// Starts the reaper of a run and holds the pipe it waits on: end of file without a word means that this process has died.
import { spawn } from 'node:child_process'
import type { Socket } from 'node:net'
import { fileURLToPath } from 'node:url'

const REAPER = fileURLToPath(new URL(`./reaper${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url))

/** Tells the reaper that the run has cleaned up after itself; what it could not clean up is left to `clean`. */
export type ReaperWatch = { release(): void }

/** Begins to watch over a run; costs the run nothing but a process that sleeps. */
export function watchOver(runId: string): ReaperWatch {
  const child = spawn(process.execPath, [REAPER, runId], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] })
  child.on('error', () => undefined)
  child.stdin.on('error', () => undefined)
  child.unref()
  // A pipe of a child is a socket: it must not keep this process alive either.
  ;(child.stdin as unknown as Socket).unref()
  return { release: () => void child.stdin.end('released') }
}
