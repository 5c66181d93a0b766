// The coordinator is killed with SIGKILL in each phase: clean removes everything of ours, and nothing that only looks like ours.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { waitUntil } from '../../src/cluster/wait.ts'
import { readRecording } from '../../src/recording/read.ts'
import { ROOT, type RunningCli, runCli } from '../support/cli.ts'
import { requireOrSkip } from '../support/require.ts'
import { folders, killRun, labelled, marked, useDecoyProcess, withDecoyContainer } from './kill-support.ts'

/** One kill per phase here; `npm run soak` sets five, each a little later in its phase. */
const TIMES = Number(process.env['GAUNTLET_KILLS'] ?? 1)
const APART_MS = 150
const DEADLINE_MS = 120_000

/** Resolves when a run is in the phase; `directory` is its recording. */
type Moment = (run: RunningCli, directory: string) => Promise<unknown>
const exists = (path: string): Promise<boolean> => waitUntil(() => existsSync(path), DEADLINE_MS)
const sleep = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms))

/** Whether intervals must have been stored stands beside each phase. */
const PHASES: [string, Moment, boolean][] = [
  ['cluster start', () => sleep(300), false],
  ['topics and workers', run => run.until(/cluster ready/), false],
  ['warm-up', (_, directory) => exists(join(directory, 'trials', '001', 'intervals.ndjson')), false],
  ['measure', run => run.until(/ 4 s +sent .*acked/), true],
  // The load ends with its eleventh second.
  ['drain', run => run.until(/ 9 s +sent .*acked/).then(() => sleep(1000)), true],
  ['tear-down', (_, directory) => exists(join(directory, 'trials', '001', 'trial.json')), true],
]
const folder = mkdtempSync(join(tmpdir(), 'gauntlet-kill-'))
const env = { GAUNTLET_STATE: join(folder, 'state') }
const scenario = join(folder, 'kill.yaml')
const decoyExit = useDecoyProcess()

beforeAll(() => {
  const text = readFileSync(join(ROOT, 'scenarios', 'quickstart.yaml'), 'utf8')
  writeFileSync(scenario, text.replace('for: 5s', 'for: 3s').replace('for: 20s', 'for: 8s'))
})
afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

const killOnce = (provider: string, moment: Moment, delayMs: number): Promise<string> =>
  killRun({ scenario, provider, out: folder, state: env.GAUNTLET_STATE }, async (run, runId) => {
    await moment(run, join(folder, 'quickstart', runId))
    await sleep(delayMs)
  })

describe.each(['process', 'docker'] as const)('kill -9 of the coordinator (%s)', provider => {
  it.for(PHASES)('during %s leaves nothing of ours after clean', async ([phase, moment, stored], context) => {
    requireOrSkip(provider === 'docker' ? 'docker' : 'java', context)
    for (let time = 0; time < TIMES; time++) {
      // Tear-down may be over sooner than a delay.
      const runId = await killOnce(provider, moment, phase === 'tear-down' ? 0 : time * APART_MS)
      const cleaned = await runCli(['clean', '--yes'], { env })
      expect(cleaned.exitCode, cleaned.stderr).toBe(0)
      expect(marked(runId)).toEqual([])
      if (provider === 'docker') expect(labelled(runId)).toEqual([])
      expect(folders(runId)).toEqual([])
      const directory = join(folder, 'quickstart', runId)
      const recording = await readRecording(directory)
      expect(recording.manifest.runId).toBe(runId)
      if (stored) expect(recording.trials[0]?.intervals.length).toBeGreaterThan(3)
      expect(decoyExit()).toBe(null)
    }
  })

  it('is noticed by the reaper, which removes everything without being asked', async context => {
    requireOrSkip(provider === 'docker' ? 'docker' : 'java', context)
    const runId = await killOnce(provider, run => run.until(/cluster ready/), 0)
    const isGone = (): boolean =>
      marked(runId).length === 0 &&
      (provider === 'process' || labelled(runId).length === 0) &&
      folders(runId).length === 0 &&
      !existsSync(join(folder, 'state', 'kafka-gauntlet', 'runs', `${runId}.journal`))
    expect(await waitUntil(isGone, DEADLINE_MS)).toBe(true)
    expect(decoyExit()).toBe(null)
  })

  it('touches no decoy: same image, similar names, no label of ours', async context => {
    requireOrSkip('docker', context)
    await withDecoyContainer(`gauntlet-20260101-000000-dead-broker-1-${provider}`, async mustStay => {
      await killOnce('docker', () => sleep(1500), 0)
      expect((await runCli(['clean', '--yes'], { env })).exitCode).toBe(0)
      mustStay()
    })
  })
})
