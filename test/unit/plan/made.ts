// Scenarios for plan tests, read by the real language, so that a plan is tested with what a user can write.
import { makePlan, type Plan, type PlanOptions } from '../../../src/plan/plan.ts'
import { type LoadedScenario, parseScenario } from '../../../src/scenario/load.ts'

const HEAD = `version: 1
name: made
cluster: { layout: CLUSTER }
topics:
  - { name: events, partitions: 3 }
producers:
  - name: writers
    PRODUCER
load:
  phases:
    - { phase: warmup, for: 2s, rate: 100/s }
    - { phase: steady, for: 10s, rate: 1k/s }
`

/** The text of a scenario of one topic and one producer group, with more sections appended. */
export function scenarioText(more = '', change: { layout?: string; producer?: string } = {}): string {
  return (
    HEAD.replace('CLUSTER', change.layout ?? 'one-broker').replace('PRODUCER', change.producer ?? 'driver: kafkajs') +
    more
  )
}

export const loaded = (text: string): LoadedScenario => parseScenario(text, 'made.yaml')

/** Plans a scenario's text on a machine of four cores. */
export function planOf(text: string, options: Partial<PlanOptions> = {}): Plan {
  const { scenario, placeOf } = loaded(text)
  return makePlan(scenario, { placeOf, cores: 4, maxCells: 200, ...options })
}
