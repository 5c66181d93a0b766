// A real trial that cannot meet its goal any more ends early, and what it leaves behind is whole: every record is accounted for.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import type { CommandInput } from '../../src/cli/commands.ts'
import { terminalIo } from '../../src/cli/io.ts'
import { loadPlan } from '../../src/cli/shared/load.ts'
import { runSession } from '../../src/cli/shared/session.ts'
import { readRecording } from '../../src/recording/read.ts'
import { finishRecording } from '../../src/run/finish.ts'
import { runSearch } from '../../src/run/search.ts'
import type { TrialOutcome } from '../../src/search/goal.ts'
import { requireOrSkip } from '../support/require.ts'

const folder = mkdtempSync(join(tmpdir(), 'gauntlet-lost-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const LONG_MS = 60_000
/** The shortest part of a measure phase that may be lost, and what a worker takes to tell of its last second. */
const [LEAST_MS, MOST_MS] = [5000, 20_000]

/** Every record waits 50 ms for its batch, so that none can come within 1 ms. */
const SCENARIO = `version: 1
name: lost
cluster: { nodes: 1 }
topics: [{ name: events, partitions: 1 }]
producers: [{ name: writers, driver: wire, config: { acks: all, linger.ms: 50 } }]
consumers: [{ name: readers, driver: wire }]
load:
  settle: 100ms
  phases:
    - { phase: steady, for: 5s, rate: 500/s }
`

it('ends once the goal is missed, reads everything that was sent, and says how long it was', async context => {
  requireOrSkip('java', context)
  const file = join(folder, 'lost.yaml')
  writeFileSync(file, SCENARIO)
  process.env['GAUNTLET_STATE'] = join(folder, 'state')
  const options = { provider: 'process', out: folder, quiet: true } as CommandInput['options']
  const input: CommandInput = { positionals: [file], options, sources: { provider: 'flag' }, io: terminalIo() }
  const goal = { deadlineMs: 1, missShare: 0.01 }
  const outcomes: TrialOutcome[] = []
  const { directory, causes } = await runSession(await loadPlan(file, input), input, run =>
    runSearch(run, { goal }, 1000, async cluster => {
      const request = { ratePerSecond: 500, purpose: 'soak' as const }
      outcomes.push(await cluster.runTrial({ ...request, durationMs: LONG_MS, endsOnceMissed: goal }))
      const bearable = { ...goal, deadlineMs: 30_000 }
      outcomes.push(await cluster.runTrial({ ...request, durationMs: 6000, endsOnceMissed: bearable }))
    }),
  )
  expect(causes).toEqual([])
  const [lost, held] = outcomes
  expect(lost?.loadedMs).toBeGreaterThanOrEqual(LEAST_MS)
  expect(lost?.loadedMs).toBeLessThan(MOST_MS)
  expect(lost).toMatchObject({ missShare: 1, errors: 0, isGeneratorLimited: false })
  expect(lost?.offeredShare).toBeGreaterThan(0.995)
  expect(lost?.drainMs).toBeLessThan(2000)
  expect(held).toMatchObject({ errors: 0 })
  expect(held?.loadedMs).toBeUndefined()

  const { trials } = await readRecording(directory)
  const [first] = trials
  expect(first?.record?.state).toBe('complete')
  const { missed, of, by } = first?.events.find(event => event.name === 'trial.lost')?.detail ?? {}
  expect(Number(missed)).toBeGreaterThan(0.01 * Number(of))
  expect(of).toBe((500 * LONG_MS) / 1000)
  expect(['producers', 'group readers']).toContain(by)
  const { judgement } = await finishRecording(directory, causes, new Date().toISOString())
  expect(judgement.causes.filter(cause => cause.exitCode !== 3)).toEqual([])
})
