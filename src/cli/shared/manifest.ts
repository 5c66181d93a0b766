// The manifest of a run: who, what, when, on which machine, written before anything starts.
import { randomBytes } from 'node:crypto'
import type { Plan } from '../../plan/plan.ts'
import { describeEnvironment } from '../../recording/environment.ts'
import { FORMAT, type Manifest } from '../../recording/format.ts'
import type { LoadedScenario } from '../../scenario/load.ts'
import { toolVersion } from '../version.ts'

/** A run's id: its start in UTC and four random digits; sorts by time and fits in names of topics and containers. */
export function newRunId(now: Date = new Date()): string {
  const stamp = now.toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15)
  return `${stamp}-${randomBytes(2).toString('hex')}`
}

/** Builds the manifest; the clock anchor is taken here, once. */
export function makeManifest(made: { plan: Plan; loaded: LoadedScenario; runId: string; external: boolean }): Manifest {
  const { plan, loaded, runId } = made
  const { scenario } = plan
  return {
    format: FORMAT,
    runId,
    tool: toolVersion(),
    startedAt: new Date().toISOString(),
    anchor: { wallUs: Date.now() * 1000, hrtimeNs: String(process.hrtime.bigint()) },
    scenario: {
      name: scenario.name,
      file: loaded.file,
      text: loaded.text,
      ...(scenario.description ? { description: scenario.description } : {}),
    },
    overrides: plan.overrides.map(row => ({ name: row.name, value: String(row.value), source: row.source })),
    rules: scenario.expect.map(rule => {
      const { line } = loaded.placeOf(['expect', rule.index])
      return {
        text: rule.text,
        metric: rule.metric,
        comparator: rule.comparator,
        target: rule.target,
        when: rule.when,
        severity: rule.severity,
        index: rule.index,
        ...(line === undefined ? {} : { line }),
      }
    }),
    plan: {
      seed: scenario.seed,
      repeat: scenario.repeat,
      axes: scenario.matrix.axes,
      cells: plan.cells,
      trials: plan.trials.map(trial => ({
        number: trial.number,
        cellIndex: trial.cell.index,
        repetition: trial.repetition,
        boot: trial.boot,
      })),
      estimate: plan.estimate,
      notes: plan.notes,
    },
    environment: describeEnvironment(),
    stamps: made.external ? ['external cluster: the brokers belong to somebody else'] : [],
  }
}
