// The coordinator of drill 1 is killed with SIGKILL before, during and after its fault: the reaper heals and removes all that was left, and nothing of anybody else.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { waitUntil } from '../../src/cluster/wait.ts'
import { seededRandom } from '../../src/core/random.ts'
import { ROOT, type RunningCli, runCli } from '../support/cli.ts'
import { requireOrSkip } from '../support/require.ts'
import { folders, journals, killRun, labelled, marked, useDecoyProcess, withDecoyContainer } from './kill-support.ts'

/** None in the tests of every day, which kill once in each phase; `npm run soak` sets 30. */
const RANDOM_KILLS = Number(process.env['GAUNTLET_DRILL_KILLS'] ?? 0)
const SEED = Number(process.env['GAUNTLET_DRILL_SEED'] ?? 1)
/** A shortened drill takes longer than this, so that every moment lies in it. */
const LASTS_MS = 28_000
const REAPED_DEADLINE_MS = 120_000

type Provider = 'process' | 'docker'
type Moment = (run: RunningCli) => Promise<unknown>
const sleep = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms))

const PHASES: [string, Provider, Moment][] = [
  ['the cluster starts', 'process', () => sleep(3000)],
  ['warm-up, before the fault', 'docker', run => run.until(/cluster ready/).then(() => sleep(1500))],
  ['the broker is dead', 'docker', run => run.until(/fault\.proven/)],
  ['the broker is started again', 'process', run => run.until(/fault\.healing/)],
  ['everything is read back', 'process', run => run.until(/reading everything back/)],
]
const folder = mkdtempSync(join(tmpdir(), 'gauntlet-kill-drill-'))
const env = { GAUNTLET_STATE: join(folder, 'state') }
const decoyExit = useDecoyProcess()
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Drill 1 with other lengths. */
function shortened(steadySeconds: number, faultSeconds: number): string {
  const text = readFileSync(join(ROOT, 'scenarios', 'drills', '01-leader-crash.yaml'), 'utf8')
  const file = join(folder, `drill-${steadySeconds}.yaml`)
  const short = text
    .replace('warmup, for: 5s', 'warmup, for: 2s')
    .replace('steady, for: 40s', `steady, for: ${steadySeconds}s`)
    .replace('at: 5s, within: 2s, for: 20s', `at: 1s, within: 1s, for: ${faultSeconds}s`)
  expect(short).toContain(`for: ${faultSeconds}s }`)
  writeFileSync(file, short)
  return file
}

const killAt = (scenario: string, provider: Provider, moment: Moment): Promise<string> =>
  killRun({ scenario, provider, out: folder, state: env.GAUNTLET_STATE }, moment)

const left = (runId: string, provider: Provider): (string | number)[] => [
  ...marked(runId),
  ...folders(runId),
  ...(provider === 'docker' ? labelled(runId) : []),
  ...journals(env.GAUNTLET_STATE),
]

/** Brokers, proxies with their toxics, containers, networks, volumes and the journal go without being asked; after that there is nothing to heal or to clean. */
async function mustBeReaped(runId: string, provider: Provider): Promise<void> {
  await waitUntil(() => left(runId, provider).length === 0, REAPED_DEADLINE_MS)
  expect(left(runId, provider)).toEqual([])
  for (const command of [['heal'], ['clean', '--yes']]) {
    const { exitCode, stderr } = await runCli(command, { env })
    expect(exitCode, stderr).toBe(0)
  }
  expect(decoyExit()).toBe(null)
}

describe('kill -9 of the coordinator of drill 1', () => {
  it.for(PHASES)('while %s (%s)', async ([, provider, moment], context) => {
    requireOrSkip(provider === 'docker' ? 'docker' : 'java', context)
    await mustBeReaped(await killAt(shortened(6, 3), provider, moment), provider)
  })
})

// A test that is skipped counts as failed where every suite is required, so this one exists only where it is asked for.
if (RANDOM_KILLS > 0)
  it(`kill -9 at ${RANDOM_KILLS} random moments of drill 1 leaves nothing, and decoys stay`, async context => {
    requireOrSkip('docker', context)
    requireOrSkip('java', context)
    const random = seededRandom(SEED)
    await withDecoyContainer('gauntlet-20260101-000000-dead-drill-broker-1', async mustStay => {
      for (let kill = 0; kill < RANDOM_KILLS; kill++) {
        const provider = kill % 2 === 0 ? 'docker' : 'process'
        const delayMs = Math.round(random() * LASTS_MS)
        console.log(`kill ${kill + 1} of ${RANDOM_KILLS}: ${provider}, ${delayMs} ms after the start`)
        await mustBeReaped(await killAt(shortened(24, 8), provider, () => sleep(delayMs)), provider)
        mustStay()
      }
    })
  })
