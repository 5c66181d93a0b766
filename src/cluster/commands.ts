// Commands of the user that make faults and undo them: without a shell, with a deadline, and journaled before the act.
import { spawn } from 'node:child_process'
import { messageOf } from '../core/errors.ts'
import type { Journal, UndoCommand } from './journal.ts'

export type CommandResult = { exitCode: number; output: string }

const MAX_OUTPUT_CHARS = 500
/** As shells tell it. */
const NOT_FOUND = 127
const TIMED_OUT = 124

/** Runs a program and waits for its exit, not for what it left running; a deadline ends it with 124. */
export function runCommand({ argv, deadlineMs, nodes }: UndoCommand): Promise<CommandResult> {
  const [program = '', ...args] = argv
  return new Promise(resolve => {
    let output = ''
    let isLate = false
    const child = spawn(program, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, GAUNTLET_NODES: nodes.join(',') },
    })
    const timer = setTimeout(() => {
      isLate = true
      child.kill('SIGKILL')
    }, deadlineMs)
    const finish = (exitCode: number): void => {
      clearTimeout(timer)
      for (const stream of [child.stdout, child.stderr]) stream.destroy()
      resolve({ exitCode, output: isLate ? `no end within ${deadlineMs} ms` : output.trim() })
    }
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => {
        output = (output + chunk.toString()).slice(-MAX_OUTPUT_CHARS)
      })
    child.once('error', error => {
      output = messageOf(error)
      finish(NOT_FOUND)
    })
    // What it wrote last may come after its exit.
    child.once('exit', code => setImmediate(() => finish(isLate ? TIMED_OUT : (code ?? TIMED_OUT))))
  })
}

type Options = { deadlineMs: number; nodes: readonly number[] }

/** The powers of the fault `exec`, whose undoing stands in the journal from before its act until it has succeeded. */
export function journaledCommands(journal: Journal) {
  const entries = new Map<string, number>()
  return {
    act: async (tag: string, argv: readonly string[], heal: readonly string[], options: Options) => {
      const command = { argv: heal, ...options }
      entries.set(tag, await journal.record({ kind: 'fault', name: tag, heal: shown(heal), command }))
      return runCommand({ argv, ...options })
    },
    heal: async (tag: string, argv: readonly string[], options: Options) => {
      const end = await runCommand({ argv, ...options })
      const entry = entries.get(tag)
      if (end.exitCode === 0 && entry !== undefined) await journal.undone(entry)
      return end
    },
    ask: (argv: readonly string[], options: Options) => runCommand({ argv, ...options }),
  }
}

/** As one would type it. */
function shown(argv: readonly string[]): string {
  return argv.map(word => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(' ')
}
