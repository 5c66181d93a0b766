// Whatever is done to a scenario, loading it ends in a scenario or in located problems, quickly, and never in another exception.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HarnessError } from '../../../src/core/errors.ts'
import { parseScenario } from '../../../src/scenario/load.ts'
import { CONFLICT_CASES, SEVERAL_CASES } from '../../fixtures/malformed/conflicts.ts'
import { MATRIX_CASES, RULE_CASES } from '../../fixtures/malformed/matrix.ts'
import { REFUSED_CASES } from '../../fixtures/malformed/text.ts'

const RICH = `version: 1
name: rich
cluster:
  layout: three-brokers
  kafka: "4.3.1"
  resources: { cpus: 1, memory: 1GiB, heap: 512MiB }
  config: { num.io.threads: 4 }
topics:
  - name: orders
    partitions: 6
    replication.factor: 3
    config: { min.insync.replicas: 2, retention.ms: 10m }
  - { name: clicks, count: 2 }
producers:
  - name: web
    topics: [orders]
    share: 75%
    config:
      acks: all
      linger.ms: 5ms
      enable.idempotence: true
    keys: { distribution: zipf, cardinality: 10k }
    values:
      size: { distribution: lognormal, min: 100B, max: 10KiB, median: 1KiB }
      template: '{"id":{seq},"n":{int:1:9}}'
  - { name: app, share: 25% }
consumers:
  - name: readers
    config: { fetch.min.bytes: 1KiB, session.timeout.ms: 45s }
load:
  phases:
    - { phase: warmup, for: 2s, rate: 500/s }
    - { phase: ramp, for: 10s, from: 500/s, to: 1k/s }
    - phase: steps
      rates: [1k/s, 2k/s]
      each: 5s
  arrival: poisson
matrix:
  producers:
    linger.ms: [0, 5ms]
    compression.type: [none, lz4]
  brokers: { num.network.threads: [3, 6] }
  exclude:
    - { linger.ms: 0, compression.type: lz4 }
repeat: 2
expect:
  - errors == 0
  - rule: ack.p99 < 25ms
    when: { linger.ms: 5ms, compression.type: [none, lz4] }
    severity: warn
`

/** For a machine that is busy with other things. */
const LIMIT_MS = 60_000

const SOUP = [
  'null',
  '~',
  'true',
  'no',
  '{}',
  '[]',
  '[[]]',
  '{a: 1}',
  '-1',
  '0',
  '1.5',
  '.inf',
  '.nan',
  '-0',
  '1e999',
  '99999999999999999999',
  '""',
  '"',
  "'",
  ':',
  ': ',
  '- ',
  '? ',
  '#',
  '\t',
  '\n',
  '  ',
  '&a ',
  '*a',
  '!!str ',
  '<<: ',
  '---\n',
  '...\n',
  '%YAML 1.1\n',
  '|',
  '>',
  '__proto__',
  'constructor',
  'toString',
  '${env:X}',
  '5constructor',
  '5ms',
  '1KiB',
  '20k/s',
  '50%',
  'max',
  'all',
  'version',
  'name',
  'topics',
  'phase',
  'rate',
  'matrix',
  'when',
  'ack.p99 < 5ms',
  'constructor < 5',
  '\u0000',
  '\u001b',
  '\ud800',
  '\u2028',
  '😀',
  '{',
  '}',
  '[',
  ']',
  ',',
]

/** Loads, and says what is wrong with the outcome, or nothing. */
function complaint(yaml: string): string | undefined {
  const started = process.cpuUsage()
  try {
    parseScenario(yaml, 'fuzz.yaml')
  } catch (error) {
    if (!(error instanceof HarnessError)) return `threw ${error instanceof Error ? error.stack : String(error)}`
    if (error.exitCode !== 2) return `exit code ${error.exitCode}`
    if (error.problems.length > 20) return `${error.problems.length} problems`
    for (const { message, hint, place } of error.problems) {
      const isPlaced =
        place !== undefined && (place.byte !== undefined || ((place.line ?? 0) >= 1 && (place.column ?? 0) >= 1))
      if (!isPlaced) return `no place: ${message}`
      if (!hint) return `no hint: ${message}`
      if (/Invalid input|undefined|\[object|\n/.test(`${message} ${hint}`)) return `not our words: ${message} → ${hint}`
    }
  }
  const { user, system } = process.cpuUsage(started)
  return user + system > 1.5e6 ? 'took more than 1.5 s of CPU time' : undefined
}

type Mutation = { at: number; remove: number; insert: string }

const mutation = fc.record({
  at: fc.nat({ max: RICH.length }),
  remove: fc.oneof(fc.constant(0), fc.nat({ max: 12 }), fc.nat({ max: 200 })),
  insert: fc.oneof(fc.constantFrom('', ...SOUP), fc.constantFrom(...SOUP), fc.string({ maxLength: 5, unit: 'binary' })),
})

const apply = (text: string, { at, remove, insert }: Mutation): string =>
  text.slice(0, at) + insert + text.slice(at + remove)

/** A value of the file replaced as a whole, so that the YAML stays fine and the schema has to answer. */
const VALUES = [...RICH.matchAll(/(?<=[:,[-] )[^\s,{}[\]][^,{}[\]\n]*/g)].map(match => ({
  at: match.index,
  remove: match[0].length,
}))
const replacement = fc
  .tuple(fc.constantFrom(...VALUES), fc.constantFrom(...SOUP))
  .map(([value, insert]): Mutation => ({ ...value, insert }))

describe('a scenario', () => {
  it('is good before anything is done to it', () => {
    expect(parseScenario(RICH, 'rich.yaml').scenario.name).toBe('rich')
    expect(VALUES.length).toBeGreaterThan(50)
  })

  it(
    'with characters added, removed and replaced',
    () => {
      fc.assert(
        fc.property(fc.array(mutation, { minLength: 1, maxLength: 4 }), mutations => {
          expect(complaint(mutations.reduce(apply, RICH))).toBeUndefined()
        }),
        { numRuns: 300 },
      )
    },
    LIMIT_MS,
  )

  it(
    'with values replaced by other values',
    () => {
      fc.assert(
        fc.property(fc.array(replacement, { minLength: 1, maxLength: 3 }), mutations => {
          const fromBehind = mutations.toSorted((a, b) => b.at - a.at)
          expect(complaint(fromBehind.reduce(apply, RICH))).toBeUndefined()
        }),
        { numRuns: 300 },
      )
    },
    LIMIT_MS,
  )

  it(
    'with lines left out, doubled and swapped',
    () => {
      const lines = RICH.split('\n')
      fc.assert(
        fc.property(fc.array(fc.nat({ max: lines.length - 1 }), { maxLength: lines.length + 10 }), order => {
          expect(complaint(order.map(index => lines[index]).join('\n'))).toBeUndefined()
          const kept = lines.filter((_, index) => !order.slice(0, 3).includes(index))
          expect(complaint(kept.join('\n'))).toBeUndefined()
        }),
        { numRuns: 200 },
      )
    },
    LIMIT_MS,
  )

  it(
    'that is bad already, spoilt further',
    () => {
      const bad = [...CONFLICT_CASES, ...SEVERAL_CASES, ...MATRIX_CASES, ...RULE_CASES, ...REFUSED_CASES].map(
        ({ yaml }) => yaml,
      )
      fc.assert(
        fc.property(fc.constantFrom(...bad), mutation, (yaml, one) => {
          expect(complaint(apply(yaml, { ...one, at: one.at % yaml.length }))).toBeUndefined()
        }),
        { numRuns: 200 },
      )
    },
    LIMIT_MS,
  )

  it.each([
    ['lists in lists', '- '.repeat(80_000)],
    ['open brackets', '['.repeat(120_000)],
    ['open braces', '{a: '.repeat(40_000)],
    ['question marks', '? '.repeat(80_000)],
    ['many keys', Array.from({ length: 15_000 }, (_, index) => `k${index}: 1`).join('\n')],
    ['one long text', `name: "${'x'.repeat(200_000)}"`],
    ['an open quote', `name: "${'\n'.repeat(100_000)}`],
    ['many problems', `${RICH}faults: [${'{ a: 1 }, '.repeat(15_000)}]`],
  ])('made to be slow: %s', (_name, yaml) => {
    expect(complaint(yaml)).toBeUndefined()
  })
})
