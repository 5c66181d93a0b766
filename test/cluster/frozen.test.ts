// A broker frozen for S seconds under a constant rate: response quantiles must be what arithmetic says they are, on both providers.
import { mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { analyze } from '../../src/analysis/analyze.ts'
import { makeManifest, newRunId } from '../../src/cli/shared/manifest.ts'
import { loadProvider } from '../../src/cli/shared/providers.ts'
import type { Provider, StartedCluster } from '../../src/cluster/cluster.ts'
import { openJournal } from '../../src/cluster/journal-file.ts'
import { DEFAULT_MAX_CELLS, makePlan } from '../../src/plan/plan.ts'
import { ClusterAdmin } from '../../src/protocol/admin.ts'
import { readRecording, unpackHistogram } from '../../src/recording/read.ts'
import { runPlan } from '../../src/run/run.ts'
import { topicName } from '../../src/run/specs.ts'
import { parseScenario } from '../../src/scenario/load.ts'
import { requireOrSkip } from '../support/require.ts'
import { useOwnJournals } from './process-support.ts'

useOwnJournals()

const PER_SECOND = 500
const MEASURE_SECONDS = 14
const FREEZE_AFTER_MS = 4000
const TOLERANCE = 0.05
const NODE = 1

const SCENARIO = `
version: 1
name: frozen
cluster: { layout: one-broker }
topics: [{ name: events, partitions: 3 }]
producers:
  - name: writers
    config: { acks: all, enable.idempotence: false, linger.ms: 5ms }
    values: { size: 100B }
load:
  drain: 20s
  phases:
    - { phase: warmup, for: 3s, rate: ${PER_SECOND}/s }
    - { phase: steady, for: ${MEASURE_SECONDS}s, rate: ${PER_SECOND}/s }
`

/** What was done to the broker and seen of it, in seconds and records per second. */
type Stall = { seconds: number; drainPerSecond: number }

const sleep = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms))

/** Freezes the broker, proves it, thaws it, and measures from its end offsets how fast the backlog drained. */
async function stall(cluster: StartedCluster, topic: string, forMs: number): Promise<Stall> {
  const { powers } = cluster
  if (!powers) throw new Error('the provider has no powers')
  const admin = await ClusterAdmin.connect({ brokers: cluster.observerBootstrap })
  const stored = async (): Promise<number> => (await admin.offsets(topic)).latest.reduce((sum, end) => sum + end, 0)
  try {
    await sleep(FREEZE_AFTER_MS)
    const before = { records: await stored(), atMs: performance.now() }
    await powers.freeze(NODE)
    const frozenAtMs = performance.now()
    expect(await powers.state(NODE)).toBe('frozen')
    await sleep(forMs - (performance.now() - frozenAtMs))
    await powers.thaw(NODE)
    const thawedAtMs = performance.now()
    expect(await powers.state(NODE)).toBe('running')
    for (;;) {
      const records = await stored()
      const nowMs = performance.now()
      const due = before.records + ((nowMs - before.atMs) / 1000) * PER_SECOND
      if (records >= due - PER_SECOND * 0.03) {
        const drained = records - before.records - ((frozenAtMs - before.atMs) / 1000) * PER_SECOND
        return { seconds: (thawedAtMs - frozenAtMs) / 1000, drainPerSecond: (drained * 1000) / (nowMs - thawedAtMs) }
      }
      if (nowMs - thawedAtMs > 10_000) throw new Error('the backlog did not drain')
    }
  } finally {
    await admin.close()
  }
}

async function runFrozen(name: 'process' | 'docker', forMs: number) {
  const loaded = parseScenario(SCENARIO, 'frozen.yaml')
  const plan = makePlan(loaded.scenario, {
    placeOf: loaded.placeOf,
    cores: availableParallelism(),
    maxCells: DEFAULT_MAX_CELLS,
  })
  const runId = newRunId()
  const directory = mkdtempSync(join(tmpdir(), 'gauntlet-frozen-'))
  const journal = await openJournal(runId)
  const inner = await loadProvider(name)
  let cluster: StartedCluster | undefined
  let stalled: Promise<Stall> | undefined
  const provider: Provider = { ...inner, start: async request => (cluster = await inner.start(request)) }
  try {
    const causes = await runPlan({
      plan,
      runId,
      directory,
      manifest: makeManifest({ plan, loaded, runId, external: false }),
      provider,
      journal,
      options: {
        out: directory,
        witness: false,
        keepTopics: false,
        signal: new AbortController().signal,
        onProgress: progress => {
          if (progress.kind === 'phase' && progress.name === 'measure' && cluster) {
            stalled = stall(cluster, topicName(runId, 1, 'events'), forMs)
            stalled.catch(() => undefined)
          }
        },
      },
    })
    expect(causes).toEqual([])
    const recording = await readRecording(directory)
    const trial = analyze(recording, unpackHistogram).cells[0]?.trials[0]
    const backpressured = recording.trials
      .flatMap(one => one.intervals)
      .reduce((sum, one) => sum + (one.counters['late.backpressure'] ?? 0), 0)
    if (!trial || !stalled) throw new Error('no trial, or no stall')
    return { stall: await stalled, trial, backpressured }
  } finally {
    await journal.close()
    rmSync(directory, { recursive: true, force: true })
  }
}

/** S − (1 − q) · T · (1 − R/μ), in µs: the exact quantile of a queue that stood still for S and drained at μ. */
function expectedUs({ seconds, drainPerSecond }: Stall, q: number): number {
  return (seconds - (1 - q) * MEASURE_SECONDS * (1 - PER_SECOND / drainPerSecond)) * 1e6
}

describe.each(['process', 'docker'] as const)('a frozen broker (%s)', provider => {
  it.for([
    [3000, ['p90', 'p99']],
    [1500, ['p99']],
  ] as const)(
    'for %i ms shows in the response times of every record that was due meanwhile',
    async ([forMs, names], context) => {
      requireOrSkip(provider === 'docker' ? 'docker' : 'java', context)
      const { stall: seen, trial, backpressured } = await runFrozen(provider, forMs)
      expect(backpressured).toBe(0)
      expect(trial.accounting).toMatchObject({ errors: 0, acked: PER_SECOND * (MEASURE_SECONDS + 3) })
      const { ack, 'ack.service': service } = trial.measures.latencies
      for (const name of names) {
        const expected = expectedUs(seen, Number(name.replace('p', '0.')))
        const got = ack?.quantiles[name] ?? Number.NaN
        console.log(
          `${provider} S=${seen.seconds.toFixed(3)} s μ=${Math.round(seen.drainPerSecond)}/s ${name}: response ${(got / 1e6).toFixed(3)} s, expected ${(expected / 1e6).toFixed(3)} s, service ${((service?.quantiles[name] ?? 0) / 1e6).toFixed(3)} s`,
        )
        expect(Math.abs(got / expected - 1), `${name} of ${provider}`).toBeLessThan(TOLERANCE)
      }
    },
  )
})
