// Runs a program to its end with a deadline, keeping the last part of what it said.
import { spawn } from 'node:child_process'
import { PassThrough, type Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'

export type Program = {
  path: string
  args: readonly string[]
  env?: NodeJS.ProcessEnv
  cwd?: string
  deadlineMs: number
  signal?: AbortSignal
  /** Called once the process exists. */
  onSpawn?: (pid: number) => void
}

export type ProgramResult = {
  /** Null where a signal ended it. */
  exitCode: number | null
  stdout: string
  stderr: string
  timedOut: boolean
}

const MAX_OUTPUT_BYTES = 16 * 1024 * 1024

/** Runs a program; undefined where there is none of that name. */
export async function runProgram(program: Program): Promise<ProgramResult | undefined> {
  program.signal?.throwIfAborted()
  const child = spawn(program.path, program.args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(program.env ? { env: program.env } : {}),
    ...(program.cwd === undefined ? {} : { cwd: program.cwd }),
  })
  let timedOut = false
  const end = (): void => void child.kill('SIGKILL')
  const timer = setTimeout(() => {
    timedOut = true
    end()
  }, program.deadlineMs)
  program.signal?.addEventListener('abort', end, { once: true })
  const output = Promise.all([collect(child.stdout), collect(child.stderr)])
  try {
    const exitCode = await new Promise<number | null>((resolve, reject) => {
      child.once('spawn', () => {
        if (child.pid !== undefined) program.onSpawn?.(child.pid)
      })
      child.once('error', reject)
      child.once('close', resolve)
    })
    program.signal?.throwIfAborted()
    const [stdout, stderr] = await output
    return { exitCode, stdout, stderr, timedOut }
  } catch (error) {
    output.catch(() => undefined)
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  } finally {
    clearTimeout(timer)
    program.signal?.removeEventListener('abort', end)
  }
}

/** All of a stream up to a bound; the rest is read and dropped, so that the program never waits for us. */
async function collect(stream: Readable): Promise<string> {
  const kept = new PassThrough({ highWaterMark: MAX_OUTPUT_BYTES })
  let sizeBytes = 0
  stream.on('data', (chunk: Buffer) => {
    sizeBytes += chunk.length
    if (sizeBytes <= MAX_OUTPUT_BYTES) kept.write(chunk)
  })
  stream.on('close', () => kept.end())
  return (await buffer(kept)).toString('utf8')
}

/** The last lines of a text that are not empty. */
export function lastLines(text: string, count: number): string {
  return text
    .split('\n')
    .filter(line => line.trim() !== '')
    .slice(-count)
    .join('\n')
}
