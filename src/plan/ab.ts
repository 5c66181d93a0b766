// Two plans of one cell each → one plan of randomised, balanced pairs of trials, on one boot where both arms can share it.
import { hash32, seededRandom, shuffled } from '../core/random.ts'
import type { Scenario } from '../scenario/schema/scenario.ts'
import type { Cell } from './cells.ts'
import { type Boot, estimateOf, type Plan, type PlannedTrial } from './plan.ts'

export const ARMS = ['base', 'candidate'] as const

/** What both arms run on alike; where it differs, every trial needs a boot of its own. */
const clusterOf = (plan: Plan): string => JSON.stringify([plan.scenario.cluster, plan.boots[0]?.brokerValues ?? {}])

/** True for the pairs whose candidate goes first: half of them, drawn by the seed. */
function candidateFirst(pairs: number, seed: number): boolean[] {
  const flags = Array.from({ length: pairs }, (_, pair) => pair < Math.floor(pairs / 2))
  return shuffled(flags, seededRandom(hash32(seed, 0x0ab)))
}

/** Merges the arms; the rules are the base's that apply to every cell. */
export function pairPlans(base: Plan, candidate: Plan, pairs: number): Plan {
  const arms = [base, candidate]
  const cells = ARMS.map((arm, index): Cell => ({ index, values: { arm }, label: arm }))
  const scenario: Scenario = {
    ...base.scenario,
    repeat: pairs,
    expect: base.scenario.expect.filter(rule => Object.keys(rule.when).length === 0),
    matrix: { axes: [{ scope: 'load', setting: 'arm', name: 'arm', values: [...ARMS] }], include: [], exclude: [] },
  }
  const isShared = clusterOf(base) === clusterOf(candidate)
  const order = candidateFirst(pairs, scenario.seed).flatMap((isSwapped, repetition) =>
    (isSwapped ? [1, 0] : [0, 1]).map(arm => ({ arm, repetition })),
  )
  const trials = order.map(
    ({ arm, repetition }, index): PlannedTrial => ({
      number: index + 1,
      cell: cells[arm] as Cell,
      repetition,
      boot: isShared ? 0 : index,
    }),
  )
  const boots = (isShared ? order.slice(0, 1) : order).map(
    ({ arm }, index): Boot => ({
      index,
      brokerValues: arms[arm]?.boots[0]?.brokerValues ?? {},
      cluster: (arms[arm] ?? base).scenario.cluster,
    }),
  )
  const setups = cells.flatMap((cell, arm) => {
    const setup = arms[arm]?.setups[0]
    return setup ? [{ ...setup, cell }] : []
  })
  return {
    scenario,
    cells,
    setups,
    trials,
    boots,
    estimate: estimateOf(scenario, setups, trials, boots),
    notes: [...new Set([...base.notes, ...candidate.notes])].filter(note => !note.startsWith('repeat is 1')),
    overrides: arms.flatMap((plan, arm) => plan.overrides.map(row => ({ ...row, name: `${ARMS[arm]}: ${row.name}` }))),
  }
}
