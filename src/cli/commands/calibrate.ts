// gauntlet calibrate: how many records per second this machine can generate, by record shape, with no broker to send them to.
import { availableParallelism } from 'node:os'
import { EXIT, HarnessError } from '../../core/errors.ts'
import { formatBytes, formatCount, formatDurationMs } from '../../core/units.ts'
import { DEFAULT_MAX_CELLS, makePlan, type Plan } from '../../plan/plan.ts'
import type { ProducerSetup, TrialSetup } from '../../plan/setup.ts'
import { showBytesPerSecond, showCpuSeconds, showPerSecond, showShare } from '../../report/format.ts'
import { painter, textTable } from '../../report/paint.ts'
import { calibrate, type Timing } from '../../run/calibrate.ts'
import { type Capacity, peakRate, usedShare } from '../../run/capacity.ts'
import { parseScenario } from '../../scenario/load.ts'
import type { CommandInput } from '../commands.ts'
import type { Io } from '../io.ts'
import { loadPlan } from '../shared/load.ts'
import { onSignals } from '../shared/signals.ts'

const TIMING: Timing = { windowMs: 2000, windows: 3 }
/** Above this share of what can be generated, brokers and readers on the same cores would be in the way. */
const SAFE_SHARE = 0.5
const OF_SCENARIO = ['seed', 'rate', 'set', 'command-config', 'max-cells'] as const

const USUAL = `version: 1
name: usual-shapes
cluster: { layout: one-broker }
topics: [{ name: events, partitions: 6 }]
producers:
  - { name: small, driver: "null", config: { batch.size: 65536 }, values: { size: 100B } }
  - { name: large, driver: "null", config: { batch.size: 65536 }, values: { size: 1KiB } }
load: { phases: [{ phase: steady, for: 1s, rate: max }] }
`

type Shape = { key: string; setup: TrialSetup; group: ProducerSetup }
type Measured = Shape & { capacity: Capacity }

/** Measures every shape of the scenario, or the usual ones; exit 0 whatever the machine can do. */
export async function execute(input: CommandInput): Promise<number> {
  const { io, options } = input
  const [file] = input.positionals
  const plan = file === undefined ? usualPlan(input) : (await loadPlan(file, input)).plan
  const shapes = shapesOf(plan)
  const eachMs = TIMING.windowMs * (TIMING.windows + 1)
  if (!options.json)
    io.line(
      `${shapes.length} record shape${shapes.length === 1 ? '' : 's'}, each a warm-up and ${TIMING.windows} windows of ${formatDurationMs(TIMING.windowMs)}, about ${formatDurationMs(eachMs * shapes.length)} in all; no broker`,
    )
  const signals = onSignals(() => io.error('Stopping.'))
  const measured: Measured[] = []
  try {
    for (const shape of shapes) {
      const capacity = await calibrate(shape.setup, shape.group, TIMING, signals.signal)
      measured.push({ ...shape, capacity })
    }
  } catch (error) {
    if (signals.received !== undefined) return signals.received
    throw error
  } finally {
    signals.release()
  }
  const asked = askedOf(plan, measured)
  if (options.json) io.line(JSON.stringify({ shapes: measured.map(shapeJson), ...(asked ? { asked } : {}) }, null, 2))
  else describe(measured, asked, io)
  return EXIT.pass
}

function usualPlan({ sources }: CommandInput): Plan {
  const flag = OF_SCENARIO.find(name => sources[name] === 'flag')
  if (flag !== undefined)
    throw new HarnessError({
      code: 'E201',
      message: `--${flag} changes a scenario, and none is given`,
      hint: `write gauntlet calibrate <scenario> --${flag} …`,
    })
  const { scenario, placeOf } = parseScenario(USUAL, 'usual-shapes')
  return makePlan(scenario, { placeOf, cores: availableParallelism(), maxCells: DEFAULT_MAX_CELLS })
}

/** Groups that generate alike, in whichever cells, are measured once, with the settings of the first. */
function shapesOf(plan: Plan): Shape[] {
  const shapes = new Map<string, Shape>()
  for (const setup of plan.setups)
    for (const group of setup.producers) {
      const key = keyOf(group)
      if (!shapes.has(key)) shapes.set(key, { key, setup, group })
    }
  return [...shapes.values()]
}

function keyOf({ name, workers, keys, values, headers, envelope, verify }: ProducerSetup): string {
  return JSON.stringify([name, workers, keys, values, headers, envelope, verify])
}

type Asked = { perSecond: number; share: number }

/** The cell that asks for most of what this machine can generate; undefined where every rate is `max`. */
function askedOf(plan: Plan, measured: readonly Measured[]): Asked | undefined {
  const capacityOf = (group: ProducerSetup): Capacity => {
    const found = measured.find(({ key }) => key === keyOf(group))
    if (!found) throw new HarnessError({ code: 'E501', message: `producers ${group.name} were not measured` })
    return found.capacity
  }
  return plan.setups
    .map(({ scenario, producers }): Asked => {
      const perSecond = peakRate(scenario.load.segments)
      const groups = producers.map(group => ({ share: group.share, capacity: capacityOf(group) }))
      return { perSecond, share: usedShare(perSecond, groups, availableParallelism()) }
    })
    .filter(({ perSecond }) => perSecond > 0)
    .toSorted((a, b) => b.share - a.share)[0]
}

function describe(measured: readonly Measured[], asked: Asked | undefined, io: Io): void {
  const heads = [
    'producers',
    'values',
    'keys',
    'headers',
    'workers',
    'records/s',
    'bytes/s',
    'CPU per million',
    'windows',
  ]
  const columns = heads.map((head, at) => ({ head, numeric: at >= 4 && at < 8 }))
  const rows = measured.map(({ group, capacity }) => [
    group.name,
    sizeText(group),
    group.keys === 'none' ? 'none' : `${group.keys.distribution} of ${formatCount(group.keys.cardinality)}`,
    group.headers.count === 0 ? 'none' : `${group.headers.count} × ${formatBytes(group.headers.size)}`,
    String(group.workers),
    showPerSecond(capacity.perSecond),
    showBytesPerSecond(capacity.bytesPerSecond),
    showCpuSeconds(capacity.cpuSecondsPerMillion),
    capacity.windows.map(showPerSecond).join(', '),
  ])
  io.line(textTable(columns, rows, painter(io.colour)))
  if (!asked) return
  const text = `the scenario asks for up to ${showPerSecond(asked.perSecond)}: ${showShare(asked.share)} of what this machine can generate`
  if (asked.share <= SAFE_SHARE) return io.line(text)
  io.line(
    io.style('yellow', `warning: ${text}; brokers and readers need cores too: use more workers, or another machine`),
  )
}

function sizeText({ values: { size } }: ProducerSetup): string {
  if (typeof size === 'number') return formatBytes(size)
  return `${size.distribution} ${formatBytes(size.min)} to ${formatBytes(size.max)}`
}

function shapeJson({ group, capacity }: Measured): unknown {
  const { name, workers, keys, values, headers } = group
  return { producers: name, workers, keys, values, headers, ...capacity }
}
