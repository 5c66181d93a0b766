// Commands of the user: no shell, a deadline, no waiting for what they leave running, and a journal that knows the undoing first.
import { describe, expect, it } from 'vitest'
import { journaledCommands, runCommand } from '../../../src/cluster/commands.ts'
import type { Journal, JournalEntry } from '../../../src/cluster/journal.ts'

const options = { deadlineMs: 10_000, nodes: [2] }

describe('a command', () => {
  it('gets its words as they are', async () => {
    const argv = ['printf', '%s', '$HOME; a  b']
    expect(await runCommand({ argv, ...options })).toEqual({ exitCode: 0, output: '$HOME; a  b' })
  })

  it('tells its exit code and the end of what it said', async () => {
    expect(await runCommand({ argv: ['sh', '-c', 'echo broken >&2; exit 7'], ...options })).toEqual({
      exitCode: 7,
      output: 'broken',
    })
  })

  it('that is not there ends with 127', async () => {
    expect(await runCommand({ argv: ['gauntlet-no-such-program'], ...options })).toMatchObject({ exitCode: 127 })
  })

  it('that takes too long is ended', async () => {
    expect(await runCommand({ argv: ['sleep', '60'], deadlineMs: 50, nodes: [] })).toMatchObject({ exitCode: 124 })
  })

  it('is over when it has ended, whatever it left running', async () => {
    expect(await runCommand({ argv: ['sh', '-c', 'sleep 3 & exit 0'], deadlineMs: 2000, nodes: [] })).toMatchObject({
      exitCode: 0,
    })
  })
})

describe('the journal', () => {
  function journal() {
    const lines: string[] = []
    const kept: Journal = {
      runId: 'r',
      record: async (entry: JournalEntry) => lines.push(entry.kind === 'fault' ? `${entry.name}: ${entry.heal}` : '?'),
      undone: async number => void lines.push(`undone ${number}`),
      close: async () => undefined,
    }
    return { kept, lines }
  }

  it('knows the undoing before the act, as one would type it, until it has succeeded', async () => {
    const { kept, lines } = journal()
    const commands = journaledCommands(kept)
    await commands.act('fault-1-exec', ['true'], ['echo', 'it is', '--done'], options)
    expect(lines).toEqual(["fault-1-exec: echo 'it is' --done"])
    await commands.heal('fault-1-exec', ['false'], options)
    expect(lines).toHaveLength(1)
    await commands.heal('fault-1-exec', ['true'], options)
    expect(lines.at(-1)).toBe('undone 1')
  })
})
