// What a plan's records cost this machine: every distinct shape of them measured once, and the share that the plan asks for.
import { availableParallelism } from 'node:os'
import { HarnessError } from '../../core/errors.ts'
import { formatBytes } from '../../core/units.ts'
import type { Plan } from '../../plan/plan.ts'
import type { ProducerSetup, TrialSetup } from '../../plan/setup.ts'
import { showPerSecond, showShare } from '../../report/format.ts'
import { calibrate, type Timing } from '../../run/calibrate.ts'
import { type Capacity, peakRate, usedShare } from '../../run/capacity.ts'
import type { Io } from '../io.ts'
import { onSignals } from './signals.ts'

/** Above this share of what can be generated, brokers and readers on the same cores would be in the way. */
const SAFE_SHARE = 0.5
const PREFLIGHT: Timing = { windowMs: 1000, windows: 1 }

type Shape = { key: string; setup: TrialSetup; group: ProducerSetup }
export type Measured = Shape & { capacity: Capacity }
/** `share`: of what can be generated; `isMuch` where it is not safe. */
type Asked = { perSecond: number; share: number; isMuch: boolean; text: string }

export type Calibration = {
  measured: Measured[]
  /** Of the cell that asks for most; absent where every rate is `max`. */
  asked?: Asked
}

/** Measures every shape of a plan; a signal ends it and gives its exit code. */
export async function calibratePlan(plan: Plan, timing: Timing, io: Io): Promise<Calibration | number> {
  const signals = onSignals(() => io.error('Stopping.'))
  const measured: Measured[] = []
  try {
    for (const shape of shapesOf(plan))
      measured.push({ ...shape, capacity: await calibrate(shape.setup, shape.group, timing, signals.signal) })
  } catch (error) {
    if (signals.received !== undefined) return signals.received
    throw error
  } finally {
    signals.release()
  }
  const asked = askedOf(plan, measured)
  return { measured, ...(asked ? { asked } : {}) }
}

/** The short form before a run: adds to the plan's notes, which recording and report keep; gives an exit code where a signal ended it. */
export async function preflight(plan: Plan, io: Io): Promise<number | undefined> {
  const calibration = await calibratePlan(plan, PREFLIGHT, io)
  if (typeof calibration === 'number') return calibration
  for (const { group, capacity } of calibration.measured)
    plan.notes.push(
      `pre-flight: producers ${group.name} (${sizeText(group)}) can generate ${showPerSecond(capacity.perSecond)} here`,
    )
  if (calibration.asked) plan.notes.push(`pre-flight: ${calibration.asked.text}`)
  return undefined
}

/** Groups that generate alike, in whichever cells, are measured once, with the settings of the first. */
export function shapesOf(plan: Plan): Shape[] {
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

function askedOf(plan: Plan, measured: readonly Measured[]): Asked | undefined {
  const capacityOf = (group: ProducerSetup): Capacity => {
    const found = measured.find(({ key }) => key === keyOf(group))
    if (!found) throw new HarnessError({ code: 'E501', message: `producers ${group.name} were not measured` })
    return found.capacity
  }
  const cells = plan.setups.map(({ scenario, producers }) => {
    const perSecond = peakRate(scenario.load.segments)
    const groups = producers.map(group => ({ share: group.share, capacity: capacityOf(group) }))
    return { perSecond, share: usedShare(perSecond, groups, availableParallelism()) }
  })
  const [most] = cells.filter(({ perSecond }) => perSecond > 0).toSorted((a, b) => b.share - a.share)
  if (!most) return undefined
  const isMuch = most.share > SAFE_SHARE
  const advice = isMuch
    ? ', which is more than half; brokers and readers need cores too: use more workers, or another machine'
    : ''
  const text = `the scenario asks for up to ${showPerSecond(most.perSecond)}: ${showShare(most.share)} of what this machine can generate${advice}`
  return { ...most, isMuch, text }
}

/** The size of a group's values for people. */
export function sizeText({ values: { size } }: ProducerSetup): string {
  if (typeof size === 'number') return formatBytes(size)
  return `${size.distribution} ${formatBytes(size.min)} to ${formatBytes(size.max)}`
}
