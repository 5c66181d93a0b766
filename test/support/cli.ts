// Runs the command line as a user does: a process of its own, its output and exit code.
import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'

export const ROOT = join(import.meta.dirname, '..', '..')
export const BIN = join(ROOT, 'bin', 'gauntlet.js')

export type CliResult = {
  exitCode: number | null
  signal: string | null
  stdout: string
  stderr: string
  seconds: number
}

export type RunningCli = {
  child: ChildProcess
  /** Resolves when the output matches, rejects when the process ends before. */
  until(pattern: RegExp): Promise<void>
  done: Promise<CliResult>
}

/** Starts the command line. */
export function startCli(args: string[], options: { env?: Record<string, string>; cwd?: string } = {}): RunningCli {
  const started = performance.now()
  const child = spawn(process.execPath, [BIN, ...args], {
    cwd: options.cwd ?? ROOT,
    env: { ...process.env, NO_COLOR: '1', ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  const watchers = new Set<() => void>()
  const wake = (): void => watchers.forEach(watch => watch())
  child.stdout.on('data', chunk => {
    stdout += String(chunk)
    wake()
  })
  child.stderr.on('data', chunk => {
    stderr += String(chunk)
    wake()
  })
  const done = new Promise<CliResult>(resolve =>
    child.on('close', (exitCode, signal) =>
      resolve({ exitCode, signal, stdout, stderr, seconds: (performance.now() - started) / 1000 }),
    ),
  )
  const until = (pattern: RegExp): Promise<void> =>
    new Promise((resolve, reject) => {
      const watch = (): void => {
        if (!pattern.test(stdout + stderr)) return
        watchers.delete(watch)
        resolve()
      }
      watchers.add(watch)
      void done.then(result =>
        reject(
          new Error(
            `ended with ${result.exitCode} before ${pattern}: ${result.stderr.slice(-500)} ${result.stdout.slice(-500)}`,
          ),
        ),
      )
      watch()
    })
  return { child, until, done }
}

/** Runs the command line to its end. */
export function runCli(
  args: string[],
  options: { env?: Record<string, string>; cwd?: string } = {},
): Promise<CliResult> {
  return startCli(args, options).done
}
