// Measures what this machine can generate: a trial's own producer workers, crew, recorder and ledger in the closed loop, with the null driver in place of a cluster.
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { clockFromAnchor } from '../core/time.ts'
import { capabilitiesOf } from '../drivers/capabilities.ts'
import { Crew } from '../load/crew.ts'
import type { IntervalReport } from '../load/recorder.ts'
import { asSettings, resolveProducer } from '../plan/settings.ts'
import type { ProducerSetup, TrialSetup } from '../plan/setup.ts'
import { ledgerDirectory } from '../recording/places.ts'
import type { Segment } from '../scenario/schema/load.ts'
import { type Capacity, capacityOf } from './capacity.ts'
import { producerSpecs } from './specs.ts'
import { orAbort } from './trial.ts'
import { workerEnvironment } from './worker-environment.ts'

const LEAD_IN_US = 300_000
const DRAIN_US = 5_000_000
const TRIAL = 1

/** One warm-up, then windows one after another; all of the same length, of whole seconds as recorders count them. */
export type Timing = { windowMs: number; windows: number }

/** Runs the workers of one producer group as a trial would, but sends to nobody. */
export async function calibrate(
  setup: TrialSetup,
  group: ProducerSetup,
  { windowMs, windows }: Timing,
  signal: AbortSignal,
): Promise<Capacity> {
  const directory = await mkdtemp(join(tmpdir(), 'gauntlet-calibrate-'))
  const anchor = { wallUs: Date.now() * 1000, hrtimeNs: String(process.hrtime.bigint()) }
  const clock = clockFromAnchor(anchor, {
    monotonicNs: () => process.hrtime.bigint(),
    millis: () => performance.now(),
  })
  const segments = [closedLoop('warmup', windowMs), closedLoop('measure', windows * windowMs)]
  const scenario = { ...setup.scenario, load: { ...setup.scenario.load, segments } }
  const specs = producerSpecs(
    { runId: 'calibrate', anchor, directory, cluster: { bootstrap: [] } },
    { number: TRIAL, cell: setup.cell, repetition: 0, boot: 0 },
    { ...setup, scenario, producers: [toNobody(group)] },
  )
  const reports: IntervalReport[] = []
  const { cluster } = scenario
  const crew = new Crew(
    { onInterval: (_, report) => reports.push(report), onEvent: () => undefined },
    { environment: workerEnvironment(), cpuset: cluster.kind === 'started' ? cluster.workers.cpuset : undefined },
  )
  try {
    await mkdir(ledgerDirectory(directory, TRIAL), { recursive: true })
    await orAbort(crew.open(specs), signal)
    const t0Us = clock.nowUs() + LEAD_IN_US
    crew.start(t0Us)
    await orAbort(crew.scheduleDone(), signal)
    await crew.finish('producer', clock.nowUs() + DRAIN_US)
    const lengthUs = windowMs * 1000
    return capacityOf(reports, { fromUs: t0Us + lengthUs, lengthUs, count: windows })
  } finally {
    await crew.close()
    await rm(directory, { recursive: true, force: true })
  }
}

function closedLoop(phase: Segment['phase'], durationMs: number): Segment {
  return { phase, kind: 'max', durationMs, fromPerSecond: 0, toPerSecond: 0, max: true }
}

/** The same records and the same settings of the accumulator; what only the group's own client has is left to defaults. */
function toNobody({ scripted: _, ...group }: ProducerSetup): ProducerSetup {
  const rows = resolveProducer([{ source: 'scenario', values: group.settings }], capabilitiesOf('null'))
  return { ...group, driver: 'null', mode: 'tuned', rows, settings: asSettings(rows) }
}
