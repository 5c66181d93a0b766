// Scenario → plan: cells, seeded order of trials, boots, estimates, and every reason why it must not start.
import { HarnessError, type Place, type Problem } from '../core/errors.ts'
import { hash32, seededRandom, shuffled } from '../core/random.ts'
import { formatBytes, formatCount, formatDurationMs } from '../core/units.ts'
import type { Scenario } from '../scenario/schema/scenario.ts'
import { type Cell, countCells, expandCells, valuesOfScope } from './cells.ts'
import { checkPlan, notesOf } from './checks.ts'
import type { OuterLayers, Resolved } from './settings.ts'
import { resolveTrial, type TrialSetup } from './setup.ts'

export type PlannedTrial = { number: number; cell: Cell; repetition: number; boot: number }

/** What a boot of the cluster has that others do not: broker properties from the matrix. */
export type Boot = {
  index: number
  brokerValues: Scenario['cluster'] extends infer _ ? Record<string, string | number | boolean> : never
  /** Set where boots differ in more than that, as those of two arms may. */
  cluster?: Scenario['cluster']
}

export type Estimate = { durationMs: number; records: number; bytes: number; bytesOnDisk: number }

export type Plan = {
  scenario: Scenario
  cells: Cell[]
  setups: TrialSetup[]
  trials: PlannedTrial[]
  boots: Boot[]
  estimate: Estimate
  notes: string[]
  overrides: Resolved[]
}

export type PlanOptions = {
  placeOf: (path: (string | number)[]) => Place
  cores: number
  maxCells: number
  /** Settings from the command line and the environment over the scenario's, and from a properties file under them. */
  producerLayers?: OuterLayers
  consumerLayers?: OuterLayers
  overrides?: Resolved[]
}

const DEFAULT_MAX_CELLS = 200
const BOOT_MS = 8000
const TRIAL_OVERHEAD_MS = 4000
const NO_LAYERS: OuterLayers = { under: [], over: [] }

export { DEFAULT_MAX_CELLS }

/** Makes the plan, or throws every problem at once. */
export function makePlan(scenario: Scenario, options: PlanOptions): Plan {
  const asked = countCells(scenario.matrix)
  if (asked > options.maxCells) {
    const axes = scenario.matrix.axes.map(axis => `${axis.name} × ${axis.values.length}`).join(', ')
    throw new HarnessError({
      code: 'E131',
      message: `the matrix has ${asked} cells (${axes}); the cap is ${options.maxCells}`,
      place: options.placeOf(['matrix']),
      hint: `exclude cells, or allow more with --max-cells ${asked}`,
    })
  }
  const cells = expandCells(scenario.matrix)
  if (cells.length === 0) {
    throw new HarnessError({
      code: 'E128',
      message: 'every cell of the matrix is excluded, so there is nothing to run',
      place: options.placeOf(['matrix', 'exclude']),
      hint: 'remove an entry under exclude',
    })
  }
  const setups = cells.map(cell =>
    resolveTrial(scenario, cell, options.producerLayers ?? NO_LAYERS, options.consumerLayers ?? NO_LAYERS),
  )
  const problems: Problem[] = checkPlan(scenario, cells, setups, options)
  if (problems.length > 0) throw new HarnessError(problems)
  const boots = bootsOf(scenario, cells)
  const trials = orderTrials(scenario, cells, boots)
  const estimate = estimateOf(scenario, setups, trials, boots)
  return {
    scenario,
    cells,
    setups,
    trials,
    boots,
    estimate,
    notes: notesOf(scenario, cells, setups),
    overrides: options.overrides ?? [],
  }
}

/** Cells that differ in broker settings need boots of their own; all others share one. */
function bootsOf(scenario: Scenario, cells: readonly Cell[]): Boot[] {
  const seen = new Map<string, Boot>()
  for (const cell of cells) {
    const brokerValues = valuesOfScope(cell.values, scenario.matrix.axes, 'brokers')
    const key = JSON.stringify(brokerValues)
    if (!seen.has(key)) seen.set(key, { index: seen.size, brokerValues })
  }
  return [...seen.values()]
}

/** Seeded random order: boots shuffled, and within a boot every repetition a fresh shuffle of its cells. */
function orderTrials(scenario: Scenario, cells: readonly Cell[], boots: readonly Boot[]): PlannedTrial[] {
  const random = seededRandom(hash32(scenario.seed, 0x0bde))
  const bootOf = (cell: Cell): number =>
    boots.findIndex(
      boot =>
        JSON.stringify(boot.brokerValues) ===
        JSON.stringify(valuesOfScope(cell.values, scenario.matrix.axes, 'brokers')),
    )
  const order = shuffled(boots, random).flatMap(boot => {
    const own = cells.filter(cell => bootOf(cell) === boot.index)
    return Array.from({ length: scenario.repeat }, (_, repetition) =>
      shuffled(own, random).map(cell => ({ cell, repetition, boot: boot.index })),
    ).flat()
  })
  return order.map((trial, index) => ({ number: index + 1, ...trial }))
}

export function estimateOf(
  scenario: Scenario,
  setups: readonly TrialSetup[],
  trials: readonly PlannedTrial[],
  boots: readonly Boot[],
): Estimate {
  const total: Estimate = { durationMs: boots.length * BOOT_MS, records: 0, bytes: 0, bytesOnDisk: 0 }
  for (const trial of trials) {
    const setup = setups[trial.cell.index]
    if (!setup) continue
    total.durationMs += setup.durationMs + TRIAL_OVERHEAD_MS + scenario.load.settleMs
    total.records += setup.records
    total.bytes += setup.bytes
    total.bytesOnDisk += setup.bytesOnDisk
  }
  return total
}

/** One line that says what a run would cost. */
export function describeEstimate(plan: Plan): string {
  const { durationMs, records, bytes, bytesOnDisk } = plan.estimate
  const cells = `${plan.cells.length} cell${plan.cells.length === 1 ? '' : 's'} × ${plan.scenario.repeat}`
  return `${cells} = ${plan.trials.length} trial${plan.trials.length === 1 ? '' : 's'}, ${plan.boots.length} boot${plan.boots.length === 1 ? '' : 's'}, about ${formatDurationMs(durationMs)}, ${formatCount(records)} records, ${formatBytes(bytes)} produced, ${formatBytes(bytesOnDisk)} on disk before compression`
}
