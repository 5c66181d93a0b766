// What charts over time share: the seconds of a trial, thinned where there are many, with phases and events behind the lines.
import type { SeriesPoint, TrialAnalysis } from '../../analysis/analysis.ts'
import { formatDurationMs } from '../../core/units.ts'
import type { Layer, XEncoding } from './frame.ts'
import { FONT_PX } from './frame.ts'
import { colour } from './palette.ts'
import { type Axis, labelled } from './ticks.ts'

const MOST_POINTS = 180
const MOST_EVENTS = 40
const STEPS_SECONDS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800, 86_400]
/** Event numbers nearer to one another than this share of the axis would overlap. */
const LABEL_SHARE = 0.022

/** From the start of load to the end of the last phase. */
export function timeAxis(trial: TrialAnalysis): Axis {
  const ends = [...trial.phases.map(phase => phase.t1Seconds), ...trial.series.map(point => point.tSeconds + 1)].filter(
    Number.isFinite,
  )
  const end = Math.max(1, ...ends)
  const step = STEPS_SECONDS.find(candidate => end / candidate <= 12) ?? Math.ceil(end / 12)
  const values = Array.from({ length: Math.floor(end / step) + 1 }, (_, index) => index * step)
  return {
    domain: [0, end],
    values,
    labelExpr: labelled(values, seconds => (seconds < 60 ? `${seconds}s` : formatDurationMs(seconds * 1000))),
  }
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0)
const most = (values: readonly (number | undefined)[]): number | undefined => {
  const known = values.filter((value): value is number => value !== undefined && Number.isFinite(value))
  return known.length === 0 ? undefined : Math.max(...known)
}

/** At most `limit` points: rates are averaged, counts summed, and of latencies and lag the worst second stays. */
export function thinSeries(
  series: readonly SeriesPoint[],
  limit = MOST_POINTS,
): { points: SeriesPoint[]; everySeconds: number } {
  const size = Math.max(1, Math.ceil(series.length / limit))
  if (size === 1) return { points: [...series], everySeconds: 1 }
  const buckets = Array.from({ length: Math.ceil(series.length / size) }, (_, index) =>
    series.slice(index * size, (index + 1) * size),
  )
  return { points: buckets.flatMap(bucket => (bucket[0] ? [joined(bucket[0], bucket)] : [])), everySeconds: size }
}

const WORST = ['ackP50Us', 'ackP99Us', 'ackP999Us', 'e2eP99Us', 'slipP99Us', 'lag', 'underReplicated'] as const

function joined(first: SeriesPoint, bucket: readonly SeriesPoint[]): SeriesPoint {
  const worst = Object.fromEntries(
    WORST.flatMap(key => {
      const value = most(bucket.map(point => point[key]))
      return value === undefined ? [] : [[key, value]]
    }),
  )
  return {
    tSeconds: first.tSeconds,
    phase: first.phase,
    targetPerSecond: mean(bucket.map(point => point.targetPerSecond)),
    sentPerSecond: mean(bucket.map(point => point.sentPerSecond)),
    ackedPerSecond: mean(bucket.map(point => point.ackedPerSecond)),
    consumedPerSecond: mean(bucket.map(point => point.consumedPerSecond)),
    errors: total(bucket.map(point => point.errors)),
    retries: total(bucket.map(point => point.retries)),
    ...(worst as Partial<SeriesPoint>),
  }
}

export type NumberedEvent = TrialAnalysis['events'][number] & { number: number }

/** Events in order of time, numbered as the charts and their table name them. */
export function numberedEvents(trial: TrialAnalysis): NumberedEvent[] {
  return [...trial.events]
    .sort((a, b) => a.tSeconds - b.tSeconds)
    .map((event, index) => ({ ...event, number: index + 1 }))
}

/** Phases that are not measured are shaded; `names` writes what they are above the plot. */
export function phaseLayers(trial: TrialAnalysis, x: XEncoding, names: boolean): Layer[] {
  const spans = spansOf(trial)
  const shaded: Layer = {
    data: { values: spans.filter(span => span.name !== 'measure').map(span => ({ x: span.from, x2: span.to })) },
    mark: { type: 'rect', color: colour('band'), opacity: 0.75, clip: true },
    encoding: { x, x2: { field: 'x2' } },
  }
  const labels: Layer = {
    data: { values: spans.map(span => ({ x: span.from, text: span.name })) },
    mark: { type: 'text', align: 'left', baseline: 'middle', dx: 2, fontSize: FONT_PX - 1, color: colour('soft') },
    encoding: { x, y: { value: -8 }, text: { field: 'text', type: 'nominal' } },
  }
  return names ? [shaded, labels] : [shaded]
}

type Span = { name: string; from: number; to: number }

/** Neighbours of one name as one span; what was seen after the last phase is the drain. */
function spansOf(trial: TrialAnalysis): Span[] {
  const spans: Span[] = []
  for (const phase of trial.phases.filter(one => one.t1Seconds > one.t0Seconds)) {
    const last = spans.at(-1)
    if (last?.name === phase.name) last.to = phase.t1Seconds
    else spans.push({ name: phase.name, from: phase.t0Seconds, to: phase.t1Seconds })
  }
  const [, end] = timeAxis(trial).domain
  const last = spans.at(-1)
  if (last && last.name !== 'drain' && end > last.to) spans.push({ name: 'drain', from: last.to, to: end })
  return spans
}

/** Dashed lines where something happened, with the event's number where there is room. */
export function eventLayers(trial: TrialAnalysis, axis: Axis, x: XEncoding, names: boolean): Layer[] {
  const [from, to] = axis.domain
  const events = numberedEvents(trial)
    .filter(event => event.tSeconds >= from && event.tSeconds <= to)
    .slice(0, MOST_EVENTS)
  if (events.length === 0) return []
  const labelledEvents: NumberedEvent[] = []
  for (const event of events) {
    const last = labelledEvents.at(-1)
    if (!last || (event.tSeconds - last.tSeconds) / (to - from) > LABEL_SHARE) labelledEvents.push(event)
  }
  const lines: Layer = {
    data: { values: events.map(event => ({ x: event.tSeconds })) },
    mark: { type: 'rule', strokeDash: [2, 3], strokeWidth: 1, color: colour('ink'), opacity: 0.7 },
    encoding: { x },
  }
  if (!names) return [lines]
  const values = labelledEvents.map(event => ({ x: event.tSeconds, text: String(event.number) }))
  return [
    lines,
    {
      data: { values },
      mark: {
        type: 'point',
        shape: 'circle',
        size: 210,
        filled: true,
        fill: colour('card'),
        stroke: colour('ink'),
        strokeWidth: 1,
        opacity: 1,
      },
      encoding: { x, y: { value: 10 } },
    },
    {
      data: { values },
      mark: { type: 'text', align: 'center', baseline: 'middle', fontSize: 10, color: colour('ink') },
      encoding: { x, y: { value: 10 }, text: { field: 'text', type: 'nominal' } },
    },
  ]
}
