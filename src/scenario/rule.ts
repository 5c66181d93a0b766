// Reads rules such as `ack.p99 < 25ms` or `acked == stored`: one metric, one comparison, one value with its unit.
import { allMetricNames, findMetric, type MetricUnit, SUMMARY_SUFFIXES } from '../core/metrics.ts'
import { nearest } from '../core/suggest.ts'
import {
  parseBytesPerSecond,
  parseCount,
  parseDurationMs,
  parseNumber,
  parsePerSecond,
  parseRatio,
  parseSizeBytes,
  type UnitResult,
} from '../core/units.ts'

export type Comparator = '<' | '<=' | '>' | '>=' | '==' | '!='

export type RuleTarget = { kind: 'number'; value: number } | { kind: 'metric'; name: string }

/** A rule after reading; a number is in the metric's own unit (µs, count, ratio, per second, bytes). */
export type Rule = { text: string; metric: string; comparator: Comparator; target: RuleTarget }

export type RuleResult = { ok: true; rule: Rule } | { ok: false; reason: string; hint: string }

const FORM = /^([a-z][\w.]*)\s*([<>=!~]+|≤|≥|≠)\s*(.*)$/is
const COMPARATORS: readonly string[] = ['<', '<=', '>', '>=', '==', '!=']
const MEANT: Readonly<Record<string, Comparator>> = {
  '=': '==',
  '===': '==',
  '=<': '<=',
  '=>': '>=',
  '≤': '<=',
  '≥': '>=',
  '≠': '!=',
  '<>': '!=',
  '!==': '!=',
}
const EXAMPLES = 'ack.p99 < 25ms, achieved >= 99%, errors == 0'

function parseValue(text: string, unit: MetricUnit): UnitResult {
  switch (unit) {
    case 'us': {
      const result = parseDurationMs(text)
      return result.ok ? { ok: true, value: Number((result.value * 1000).toPrecision(15)) } : result
    }
    case 'count':
      return parseCount(text)
    case 'ratio':
      return parseRatio(text)
    case 'perSecond':
      return parsePerSecond(text)
    case 'bytes':
      return parseSizeBytes(text)
    case 'bytesPerSecond':
      return parseBytesPerSecond(text)
    case 'number':
      return parseNumber(text)
  }
}

function refuse(reason: string, hint: string): RuleResult {
  return { ok: false, reason, hint }
}

/** What an unknown metric may have been meant as: a percentile without its latency, p99.9 for p999, or a typo. */
function metricHint(name: string): string {
  const lower = name.toLowerCase()
  const known = allMetricNames()
  const percentile = lower.replace(/p(99+)\.(9+)$/, 'p$1$2')
  const suffix = percentile.slice(percentile.lastIndexOf('.') + 1)
  const near = known.includes(percentile) ? percentile : nearest(percentile, known)
  if (near) return `did you mean ${near}?`
  if (SUMMARY_SUFFIXES.includes(suffix)) return `did you mean ack.${suffix} or e2e.${suffix}?`
  if (/^(ack|e2e|slip)(\.service)?$/.test(lower)) return `add what of it is meant, as in ${lower}.p99`
  return `metrics: ${known.filter(word => !/\.(p75|p9\d*|mean|min|max)$/.test(word) || word.endsWith('.p99')).join(', ')}`
}

/** Reads one rule, or says what to write instead. */
export function parseRule(text: string): RuleResult {
  const trimmed = text.trim()
  const match = FORM.exec(trimmed)
  if (!match)
    return refuse(
      `${JSON.stringify(trimmed.slice(0, 80))} is not a rule`,
      `write metric, comparison, value: ${EXAMPLES}`,
    )
  const [, name = '', comparator = '', right = ''] = match
  if (!COMPARATORS.includes(comparator)) {
    const meant = Object.hasOwn(MEANT, comparator)
      ? `write ${name} ${MEANT[comparator]} ${right}`
      : `use one of ${COMPARATORS.join(' ')}`
    return refuse(`${comparator} is not a comparison`, meant)
  }
  const metric = findMetric(name)
  if (!metric) return refuse(`${name} is not a metric`, metricHint(name))
  if (right === '') return refuse(`nothing to compare ${name} with`, `write metric, comparison, value: ${EXAMPLES}`)
  const rule = { text: trimmed, metric: name, comparator: comparator as Comparator }
  const other = findMetric(right)
  if (other) {
    if (other.full === name)
      return refuse(`${name} is compared with itself`, 'compare it with a value or with another metric')
    if (other.metric.unit === metric.metric.unit)
      return { ok: true, rule: { ...rule, target: { kind: 'metric', name: right } } }
    return refuse(`${name} and ${right} have different units`, 'compare a metric with one of its own kind')
  }
  return withValue(rule, right, metric.metric.unit)
}

function withValue(rule: Omit<Rule, 'target'>, right: string, unit: MetricUnit): RuleResult {
  const value = parseValue(right, unit)
  if (value.ok) return { ok: true, rule: { ...rule, target: { kind: 'number', value: value.value } } }
  const isWord = /^[a-z][\w.]*$/i.test(right)
  const near = isWord ? nearest(right, allMetricNames()) : undefined
  return refuse(`${rule.metric}: ${value.reason}`, near ? `did you mean ${near}?` : value.hint)
}
