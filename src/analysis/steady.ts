// Whether a trial had settled: what MSER-5 would cut of its beginning, and whether rate or latency drift after that.
import { mser5, theilSen } from '../stats/steady.ts'
import type { SeriesPoint, Steadiness, TrialAnalysis } from './analysis.ts'

/** Seconds of the measure phase below which nothing can be said about drift. */
const LEAST_SECONDS = 20
/** Drift over the window that is surely exceeded makes a trial unsteady. */
const DRIFT = { throughput: 0.02, 'ack.p99': 0.1 } as const

type Series = { name: keyof typeof DRIFT; logs: number[] }

function seriesIn(points: readonly SeriesPoint[]): Series[] {
  const logs = (read: (point: SeriesPoint) => number | undefined): number[] =>
    points.flatMap(point => {
      const value = read(point)
      return value !== undefined && value > 0 ? [Math.log(value)] : []
    })
  const all: Series[] = [
    { name: 'throughput', logs: logs(point => point.ackedPerSecond || point.sentPerSecond) },
    { name: 'ack.p99', logs: logs(point => point.ackP99Us) },
  ]
  return all.filter(series => series.logs.length === points.length)
}

/** Records sent and not yet acknowledged, at the end of each second. */
function backlog(points: readonly SeriesPoint[]): number[] {
  let behind = 0
  return points.map(point => (behind += point.sentPerSecond - point.ackedPerSecond))
}

/** Undefined where the load is not meant to be steady, where faults disturb it, or where the window is too short to tell. */
export function steadiness(trial: Pick<TrialAnalysis, 'series' | 'phases' | 'events'>): Steadiness | undefined {
  const measured = trial.phases.filter(phase => phase.name === 'measure')
  const points = trial.series.filter(point => point.phase === 'measure')
  const targets = new Set(points.map(point => Math.round(point.targetPerSecond)))
  const isDisturbed = trial.events.some(event => event.name.startsWith('fault.'))
  if (measured.length === 0 || points.length < LEAST_SECONDS || targets.size > 1 || isDisturbed) return undefined
  const series = seriesIn(points)
  const hasAcks = points.some(point => point.ackedPerSecond > 0)
  const cutSeconds = Math.max(0, ...series.map(one => mser5(one.logs)), hasAcks ? mser5(backlog(points)) : 0)
  const drifts = series.flatMap(({ name, logs }) => {
    const rest = logs.slice(cutSeconds)
    if (rest.length < LEAST_SECONDS) return []
    const { slope, lo, hi } = theilSen(rest)
    const most = Math.log1p(DRIFT[name])
    const isSure = Math.min(Math.abs(lo), Math.abs(hi)) * rest.length > most && lo * hi > 0
    return [{ name, overWindow: Math.expm1(slope * rest.length), isSure }]
  })
  return { cutSeconds, drifts }
}
