// One broker of three is killed under load and comes back, once per client and mode: wire must keep every acknowledged record, a loss of any other client is printed with its evidence.
import { mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { TrialAnalysis } from '../../src/analysis/analysis.ts'
import { analyze } from '../../src/analysis/analyze.ts'
import { makeManifest, newRunId } from '../../src/cli/shared/manifest.ts'
import { openJournal } from '../../src/cluster/journal-file.ts'
import { processProvider } from '../../src/cluster/providers/process.ts'
import { lackOfDriver } from '../../src/drivers/index.ts'
import { DEFAULT_MAX_CELLS, makePlan } from '../../src/plan/plan.ts'
import { readRecording, unpackHistogram } from '../../src/recording/read.ts'
import { runPlan } from '../../src/run/run.ts'
import { verifyRecording } from '../../src/run/verify.ts'
import { parseScenario } from '../../src/scenario/load.ts'
import { canStart, useOwnJournals } from '../cluster/process-support.ts'
import { requireOrSkip } from '../support/require.ts'

const CELLS = [
  ['wire', 'tuned', 'java'],
  ['kafkajs', 'tuned', 'java'],
  ['kafkajs', 'as-shipped', 'java'],
  ['platformatic', 'tuned', 'java'],
  ['platformatic', 'as-shipped', 'java'],
  ['java', 'tuned', 'jdk'],
  ['librdkafka', 'tuned', 'rdkafka'],
] as const

/** One trial for every cell whose client is here. */
async function scenario(): Promise<string> {
  const drivers: string[] = []
  for (const driver of new Set(CELLS.map(([name]) => name))) if (!(await lackOfDriver(driver))) drivers.push(driver)
  const isCell = (driver: string, mode: string) => CELLS.some(([name, own]) => name === driver && own === mode)
  const others = drivers.filter(driver => !isCell(driver, 'as-shipped'))
  return `
version: 1
name: outage
cluster:
  layout: three-brokers
  provider: process
  config: { broker.session.timeout.ms: 3000, broker.heartbeat.interval.ms: 500 }
topics: [{ name: events, partitions: 6, replication.factor: 3 }]
producers:
  - name: writers
    config: { acks: all, request.timeout.ms: 5s }
    values: { size: 100B }
matrix:
  producers: { driver: [${drivers.join(', ')}], mode: [tuned, as-shipped] }
  exclude: [${others.map(driver => `{ driver: ${driver}, mode: as-shipped }`).join(', ')}]
load:
  phases:
    - { phase: warmup, for: 1s, rate: 200/s }
    - { phase: steady, for: 7s, rate: 200/s }
  drain: 60s
faults:
  - { fault: broker-kill, target: leader of events, at: 1s, for: 4s }
`
}

async function runAll(): Promise<TrialAnalysis[]> {
  const loaded = parseScenario(await scenario(), 'outage.yaml')
  const { placeOf } = loaded
  const plan = makePlan(loaded.scenario, { placeOf, cores: availableParallelism(), maxCells: DEFAULT_MAX_CELLS })
  const runId = newRunId()
  const directory = mkdtempSync(join(tmpdir(), 'gauntlet-outage-'))
  const journal = await openJournal(runId)
  try {
    const causes = await runPlan({
      plan,
      runId,
      directory,
      manifest: makeManifest({ plan, loaded, runId, external: false }),
      provider: processProvider,
      journal,
      options: {
        out: directory,
        witness: false,
        keepTopics: false,
        signal: new AbortController().signal,
        onProgress: () => undefined,
      },
    })
    expect(causes).toEqual([])
    const recording = await readRecording(directory)
    const verified = await verifyRecording(recording)
    return analyze(recording, unpackHistogram, verified).cells.flatMap(cell => cell.trials)
  } finally {
    await journal.close()
    rmSync(directory, { recursive: true, force: true })
  }
}

describe('a broker of three killed under load, acks=all', () => {
  useOwnJournals()
  let trials: TrialAnalysis[] = []
  beforeAll(async () => {
    if (canStart) trials = await runAll()
  }, 500_000)
  afterAll(() => {
    trials = []
  })
  beforeEach(context => requireOrSkip('java', context))

  it.for(CELLS)(
    '%s %s (needs %s): every record has one outcome, and everything that is stored is explained',
    ([driver, mode, need], context) => {
      requireOrSkip(need, context)
      const trial = trials.find(({ clients }) =>
        clients.some(client => client.driver === driver && client.mode === mode),
      )
      expect(trial).toMatchObject({ state: 'complete' })
      const { accounting, verification, events } = trial as TrialAnalysis
      if (!verification) throw new Error('the trial was not read back')
      const struck = events.filter(({ name }) => name.startsWith('fault')).map(({ name }) => name)
      expect(struck.length, 'the fault struck').toBeGreaterThan(0)
      const { acked, unknown, failed } = verification.told
      expect(acked + unknown + failed).toBe(accounting.sent)
      expect(acked).toBeGreaterThan(0)
      expect(verification.complete, verification.notes.join('; ')).toBe(true)
      const findings = verification.findings.filter(({ count }) => count > 0)
      const count = (anomaly: string): number => findings.find(finding => finding.anomaly === anomaly)?.count ?? 0
      console.log(
        `${driver} ${mode}: acked ${acked}, unknown ${unknown} (${verification.unknownWritten} of them stored), failed ${failed}` +
          findings.map(f => `; ${f.anomaly} ${f.count}, such as ${JSON.stringify(f.evidence[0])}`).join(''),
      )
      for (const anomaly of ['corrupt', 'failed yet stored']) expect(count(anomaly), anomaly).toBe(0)
      // Idempotent as Kafka's own default: order is promised too.
      const promised = ['lost', 'duplicated', 'reordered', 'phantom'] as const
      if (driver === 'wire') expect(promised.map(count)).toEqual(promised.map(() => 0))
      if (mode === 'as-shipped') console.log(`${driver} ${mode}: stored ${accounting.stored} of ${acked} acknowledged`)
    },
  )
})
