// `--margin ack.p99=15%`: which metrics gate a comparison, and how much worse each may be, fixed before anything runs.
import { AB_READINGS, type AbMetric } from '../../analysis/ab.ts'
import { HarnessError } from '../../core/errors.ts'
import { nearest } from '../../core/suggest.ts'
import { parseRatio } from '../../core/units.ts'

const MARGIN_SHARES: Readonly<Record<string, number>> = {
  'ack.p50': 0.1,
  'ack.p99': 0.15,
  'ack.p999': 0.25,
  'e2e.p50': 0.1,
  'e2e.p99': 0.15,
  throughput: 0.05,
  'cpu.seconds.per.million': 0.05,
}
/** More metrics that gate together find less each. */
const MOST_GATING = 3

function refuse(text: string, hint: string): HarnessError {
  return new HarnessError({ code: 'E201', message: `--margin ${text} cannot be used`, hint })
}

function readMargin(text: string): [name: string, share: number] {
  const [name = '', value] = text.split('=')
  if (!Object.hasOwn(AB_READINGS, name)) {
    const near = nearest(name, Object.keys(AB_READINGS))
    throw refuse(text, near ? `did you mean ${near}?` : `metrics: ${Object.keys(AB_READINGS).join(', ')}`)
  }
  const share = value === undefined ? undefined : parseRatio(value)
  if (share === undefined) return [name, MARGIN_SHARES[name] ?? 0.1]
  if (!share.ok || share.value <= 0) throw refuse(text, share.ok ? 'write a margin above 0%' : share.hint)
  return [name, share.value]
}

/** All metrics of a comparison; those named gate, or else the ones that fit an open or a closed loop. */
export function metricsOf(texts: readonly string[] | undefined, isClosedLoop: boolean): AbMetric[] {
  const defaults = [isClosedLoop ? 'throughput' : 'ack.p50', 'ack.p99', 'cpu.seconds.per.million']
  const named = new Map((texts ?? defaults).map(readMargin))
  if (named.size > MOST_GATING)
    throw refuse([...named.keys()].join(', '), `at most ${MOST_GATING} metrics gate together`)
  return Object.keys(AB_READINGS).map(name => ({
    name,
    marginShare: named.get(name) ?? MARGIN_SHARES[name] ?? 0.1,
    gating: named.has(name),
  }))
}
