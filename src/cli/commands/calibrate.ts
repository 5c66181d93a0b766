// gauntlet calibrate: how many records per second this machine can generate, by record shape, with no broker to send them to.
import { availableParallelism } from 'node:os'
import { EXIT, HarnessError } from '../../core/errors.ts'
import { formatBytes, formatCount, formatDurationMs } from '../../core/units.ts'
import { DEFAULT_MAX_CELLS, makePlan, type Plan } from '../../plan/plan.ts'
import { showBytesPerSecond, showCpuSeconds, showPerSecond } from '../../report/format.ts'
import { painter, textTable } from '../../report/paint.ts'
import type { Timing } from '../../run/calibrate.ts'
import { parseScenario } from '../../scenario/load.ts'
import type { CommandInput } from '../commands.ts'
import type { Io } from '../io.ts'
import { type Calibration, calibratePlan, type Measured, shapesOf, sizeText } from '../shared/calibration.ts'
import { loadPlan } from '../shared/load.ts'

const TIMING: Timing = { windowMs: 2000, windows: 3 }
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

/** Measures every shape of the scenario, or the usual ones; exit 0 whatever the machine can do. */
export async function execute(input: CommandInput): Promise<number> {
  const { io, options } = input
  const [file] = input.positionals
  const plan = file === undefined ? usualPlan(input) : (await loadPlan(file, input)).plan
  const { length } = shapesOf(plan)
  const totalMs = TIMING.windowMs * (TIMING.windows + 1) * length
  if (!options.json)
    io.line(
      `${length} record shape${length === 1 ? '' : 's'}, each a warm-up and ${TIMING.windows} windows of ${formatDurationMs(TIMING.windowMs)}, about ${formatDurationMs(totalMs)} in all; no broker`,
    )
  const calibration = await calibratePlan(plan, TIMING, io)
  if (typeof calibration === 'number') return calibration
  const { measured, asked } = calibration
  if (options.json) io.line(JSON.stringify({ shapes: measured.map(shapeJson), ...(asked ? { asked } : {}) }, null, 2))
  else describe(calibration, io)
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

function describe({ measured, asked }: Calibration, io: Io): void {
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
  if (asked) io.line(asked.isMuch ? io.style('yellow', `warning: ${asked.text}`) : asked.text)
}

function shapeJson({ group, capacity }: Measured): unknown {
  const { name, workers, keys, values, headers } = group
  return { producers: name, workers, keys, values, headers, ...capacity }
}
