// Drills 1, 6, 9, 10 and 19, shortened: what each fault does to a real routed cluster, from the scenario file to the verdict.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import type { Analysis, TrialAnalysis } from '../../src/analysis/analysis.ts'
import type { Judgement } from '../../src/verify/judgement.ts'
import { ROOT, runCli } from '../support/cli.ts'
import { requireOrSkip } from '../support/require.ts'

const folder = mkdtempSync(join(tmpdir(), 'gauntlet-drills-'))
const env = { GAUNTLET_STATE: join(folder, 'state') }
afterAll(() => rmSync(folder, { recursive: true, force: true }))
beforeEach(context => requireOrSkip('java', context))

const SESSION_MS = 6000
const HEARTBEAT_MS = 2000
/** Shorter sessions make shorter drills; the rules of the recovery stay the same. */
const CONFIG = `  config: { broker.session.timeout.ms: ${SESSION_MS} }\n`
const DEADLINE_MS = 240_000

type Drilled = { trials: TrialAnalysis[]; judgement: Judgement; output: string }

/** Runs a drill with other lengths, and without its objectives, which are made for its full length. */
async function drill(name: string, change: (text: string) => string): Promise<Drilled> {
  const text = readFileSync(join(ROOT, 'scenarios', 'drills', `${name}.yaml`), 'utf8')
  const short = change(text.replace(/^expect:[^]*$/m, '')).replace(
    'three-brokers-routed\n',
    `three-brokers-routed\n${CONFIG}`,
  )
  const file = join(folder, `${name}.yaml`)
  writeFileSync(file, short.replace(/400\/s/g, '200/s'))
  const { stdout, stderr } = await runCli(['run', file, '--provider', 'process', '--out', folder, '--json'], { env })
  const output = `${stdout}\n${stderr}`
  const { files } = JSON.parse(stdout) as { files: { json: string } }
  const result = JSON.parse(readFileSync(files.json, 'utf8')) as { analysis: Analysis & { judgement: Judgement } }
  const trials = result.analysis.cells.flatMap(cell => cell.trials)
  for (const trial of trials) {
    expect(
      trial.accounting.faults?.map(({ proven, healed }) => ({ proven, healed })),
      output,
    ).toEqual([{ proven: true, healed: true }])
  }
  return { trials, judgement: result.analysis.judgement, output }
}

const check = ({ judgement }: Drilled, name: string) => judgement.checks.find(one => one.name === name)

describe('drills', () => {
  it(
    '1: a killed leader is replaced when its session has ended, and nothing is lost',
    async () => {
      const drilled = await drill('01-leader-crash', text =>
        text
          .replace('steady, for: 40s', 'steady, for: 20s')
          .replace('at: 5s, within: 2s, for: 20s', 'at: 2s, for: 14s'),
      )
      const [fault] = drilled.trials[0]?.recovery?.faults ?? []
      expect(fault?.nodes).not.toContain(fault?.controller)
      expect(fault?.partitions.length).toBeGreaterThan(0)
      // Not before the session can have ended; how long a busy machine takes beyond that is not judged here.
      expect(fault?.clusterRtoUs).toBeGreaterThan((SESSION_MS - HEARTBEAT_MS - 300) * 1000)
      expect(fault?.clientRtoUs).toBeGreaterThan((SESSION_MS - HEARTBEAT_MS - 300) * 1000)
      expect(fault?.isrFullUs).toBeTypeOf('number')
      expect(check(drilled, 'nothing acked is lost')?.verdict, drilled.output).toBe('pass')
      expect(check(drilled, 'order is kept')?.verdict).toBe('pass')
    },
    DEADLINE_MS,
  )

  it(
    '6: a short freeze moves no leader',
    async () => {
      const drilled = await drill('06-short-freeze', text =>
        text.replace('steady, for: 20s', 'steady, for: 8s').replace('at: 4s, within: 2s, for: 5s', 'at: 2s, for: 2s'),
      )
      const { recovery } = drilled.trials[0] ?? {}
      expect(recovery?.leaderChanges).toBe(0)
      expect(recovery?.unavailableMaxUs).toBeGreaterThan(1_500_000)
      expect(check(drilled, 'nothing acked is lost')?.verdict, drilled.output).toBe('pass')
    },
    DEADLINE_MS,
  )

  const cut = (text: string) =>
    text.replace('steady, for: 40s', 'steady, for: 20s').replace('at: 5s, for: 20s', 'at: 2s, for: 14s')

  it(
    '9 and 10: what a zombie leader acknowledged is lost under acks=1, and nothing under acks=all',
    async () => {
      const weak = await drill('09-zombie-leader-acks-1', cut)
      expect(weak.trials[0]?.recovery?.leaderChanges).toBeGreaterThan(0)
      expect(check(weak, 'nothing acked is lost')?.cells[0]?.observed, weak.output).toMatch(/^[1-9]\d* lost/)
      const strong = await drill('10-zombie-leader-acks-all', cut)
      expect(strong.trials[0]?.recovery?.leaderChanges).toBeGreaterThan(0)
      expect(check(strong, 'nothing acked is lost')?.cells[0]?.observed, strong.output).toMatch(/^0 lost/)
    },
    2 * DEADLINE_MS,
  )

  it(
    '19: lost acknowledgements double records without idempotence, and lose none',
    async () => {
      const drilled = await drill('19-ack-loss', text =>
        text
          .replace('steady, for: 30s', 'steady, for: 14s')
          .replace('at: 5s, for: 10s', 'at: 2s, for: 7s')
          .replace('[false, true]', '[false]'),
      )
      expect(check(drilled, 'nothing acked is lost')?.verdict, drilled.output).toBe('pass')
      expect(check(drilled, 'nothing is stored twice')?.cells[0]?.observed, drilled.output).toMatch(
        /^[1-9]\d* duplicated/,
      )
      expect(drilled.trials[0]?.recovery?.leaderChanges).toBe(0)
    },
    DEADLINE_MS,
  )
})
