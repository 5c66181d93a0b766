// What a plan refuses costs a second; what it lets through costs a run. Every refusal is provoked here, and its near miss is not.
import { describe, expect, test } from 'vitest'
import { HarnessError, type Problem } from '../../../src/core/errors.ts'
import { planOf, scenarioText } from './made.ts'

const KAFKAJS = 'driver: kafkajs'
const SHIPPED = (setting: string) => `mode: as-shipped\n    config: { ${setting} }`
const PLATFORMATIC = (setting: string) => `driver: platformatic\n    config: { ${setting} }`
const KIP_848 = 'name: r, driver: platformatic, config: { group.protocol: consumer, group.instance.id: x'
type Change = Parameters<typeof scenarioText>[1]

function problems(more = '', change: Change = {}, cores = 4): readonly Problem[] {
  try {
    planOf(scenarioText(more, change), { cores })
    return []
  } catch (error) {
    if (error instanceof HarnessError) return error.problems
    throw error
  }
}
const codes = (...args: Parameters<typeof problems>): string[] => problems(...args).map(({ code }) => code)

describe('rules that can have no data', () => {
  const readers = 'consumers: [{ name: readers }]\n'
  const sweep = 'matrix:\n  producers: { acks: [0, 1, all] }\n'

  test.each<[string, string, Change, string[]]>([
    ['ack.p99 at acks=0', 'expect: [ack.p99 < 1s]\n', { producer: 'config: { acks: 0 }' }, ['E202']],
    ['ack.p99 at acks=1', 'expect: [ack.p99 < 1s]\n', { producer: 'config: { acks: 1 }' }, []],
    ['acked at acks=0', 'expect: [acked == sent]\n', { producer: 'config: { acks: 0 }' }, ['E202']],
    ['a target without data', 'expect: [stored == acked]\n', { producer: 'config: { acks: 0 }' }, ['E202']],
    ['errors at acks=0', 'expect: [errors == 0]\n', { producer: 'config: { acks: 0 }' }, []],
    ['ack.p99 where the matrix sweeps acks=0', `${sweep}expect: [ack.p99 < 1s]\n`, {}, ['E202']],
    ['ack.p99 scoped to the others', `${sweep}expect: [{ rule: ack.p99 < 1s, when: { acks: [1, all] } }]\n`, {}, []],
    ['ack.p99 scoped to acks=0', `${sweep}expect: [{ rule: ack.p99 < 1s, when: { acks: 0 } }]\n`, {}, ['E202']],
    ['a broker’s own counter that is not asked for', 'expect: [broker.handler.idle > 30%]\n', {}, ['E202']],
    [
      'a broker’s own counter that is',
      'expect: [broker.handler.idle > 30%]\n',
      { layout: 'one-broker, broker.metrics: true' },
      [],
    ],
    ['followers without consumers', 'expect: [consumed.followers > 0]\n', {}, ['E202']],
    ['followers with a reader that does not tell', `${readers}expect: [consumed.followers > 0]\n`, {}, ['E202']],
    [
      'followers with a reader that tells',
      'consumers: [{ name: readers, driver: wire }]\nexpect: [consumed.followers > 0]\n',
      {},
      [],
    ],
    ['e2e without consumers', 'expect: [e2e.p99 < 1s]\n', {}, ['E202']],
    ['stop at lag without consumers', 'stop: { lag: 10 }\n', {}, ['E202']],
    ['stop at lag with consumers', `${readers}stop: { lag: 10 }\n`, {}, []],
    ['stop at ack.p99 where the matrix sweeps acks=0', `${sweep}stop: { ack.p99: 1s }\n`, {}, ['E202']],
    ['stop at errors at acks=0', 'stop: { error.rate: 10% }\n', { producer: 'config: { acks: 0 }' }, []],
    ['e2e with consumers', `${readers}expect: [e2e.p99 < 1s]\n`, {}, []],
    ['consumed without consumers', 'expect: [consumed == stored]\n', {}, ['E202']],
    ['lag without consumers', 'expect: [lag.max < 10]\n', {}, ['E202']],
    ['e2e with verify: counts', `${readers}expect: [e2e.p99 < 1s]\n`, { producer: 'verify: counts' }, ['E202']],
    ['consumed with verify: counts', `${readers}expect: [consumed == stored]\n`, { producer: 'verify: counts' }, []],
    [
      'a rule for a cell that is excluded',
      `${sweep}  exclude: [{ acks: 0 }]\nexpect: [{ rule: errors == 0, when: { acks: 0 } }]\n`,
      {},
      ['E202'],
    ],
  ])('%s', (_, more, change, expected) => {
    expect(codes(more, change)).toEqual(expected)
  })

  test('the place is the rule’s line, the cell is named, and the way out is said', () => {
    const [problem] = problems(`${sweep}expect:\n  - errors == 0\n  - ack.p99 < 1s\n`)
    expect(problem).toMatchObject({
      code: 'E202',
      message: expect.stringMatching(/"ack\.p99 < 1s".*cell acks=0/),
      hint: expect.stringContaining('when: { acks: [1, all] }'),
      place: { file: 'made.yaml', line: 17 },
    })
  })

  test('one group without acknowledgements leaves the data of another', () => {
    const producer = 'config: { acks: 0 }\n  - name: others\n    config: { acks: all }'
    expect(codes('expect: [ack.p99 < 1s]\n', { producer })).toEqual([])
  })
})

describe('what a driver cannot do', () => {
  test.each<[string, string, Change, string[]]>([
    ['a codec it has not', '', { producer: 'driver: scripted\n    config: { compression.type: zstd }' }, ['E126']],
    ['a codec it has', '', { producer: 'config: { compression.type: zstd }' }, []],
    ['a protocol it does not know', 'consumers: [{ name: r, config: { group.protocol: consumer } }]\n', {}, ['E203']],
    ['the protocol it knows, written down', 'consumers: [{ name: r, config: { group.protocol: classic } }]\n', {}, []],
    ['static membership', 'consumers: [{ name: r, config: { group.instance.id: x } }]\n', {}, ['E203']],
    ['as shipped, a driver that is ours', '', { producer: 'driver: scripted\n    mode: as-shipped' }, ['E203']],
    ['as shipped, a client', '', { producer: 'mode: as-shipped' }, []],
    ['as shipped, a linger that kafkajs has not', '', { producer: SHIPPED('linger.ms: 5') }, ['E203']],
    ['as shipped, a codec that kafkajs does not ship', '', { producer: SHIPPED('compression.type: zstd') }, ['E126']],
    ['as shipped, what kafkajs takes', '', { producer: SHIPPED('retries: 9') }, []],
    ['codec levels that platformatic has not', '', { producer: PLATFORMATIC('compression.zstd.level: 9') }, ['E203']],
    ['the consumer protocol where it is known', `consumers: [{ ${KIP_848} } }]\n`, {}, []],
    ['a session under it', `consumers: [{ ${KIP_848}, session.timeout.ms: 9s } }]\n`, {}, ['E128']],
    [
      'emulated settings are badged, not refused',
      'consumers: [{ name: r, config: { max.poll.records: 10 } }]\n',
      {},
      [],
    ],
    ['reading, where it has no reader', 'consumers: [{ name: r, driver: scripted }]\n', {}, ['E203']],
  ])('%s', (_, more, change, expected) => {
    expect(codes(more, change)).toEqual(expected)
  })

  test('the same lack in many cells is told once', () => {
    const more = 'matrix:\n  producers: { linger.ms: [0, 5, 10] }\n'
    expect(codes(more, { producer: 'driver: scripted\n    config: { compression.type: zstd }' })).toEqual(['E126'])
  })

  test('idempotence without acks=all, in a cell that the file alone does not show', () => {
    const more =
      'matrix:\n  producers: { acks: [0, all], enable.idempotence: [true, false] }\n  exclude: [{ acks: 0, enable.idempotence: true }]\n'
    expect(codes(more)).toEqual([])
    const forced =
      'matrix:\n  producers: { acks: [0, all], linger.ms: [0, 5] }\n  exclude: [{ acks: 0, linger.ms: 0 }]\n'
    expect(problems(forced, { producer: 'config: { enable.idempotence: true }' })).toMatchObject([
      { code: 'E128', message: expect.stringContaining('cell acks=0 linger.ms=5') },
    ])
  })

  test('a swept size too small for the envelope', () => {
    const sizes = 'matrix:\n  producers: { values.size: [20B, 100B] }\n'
    expect(problems(sizes)).toMatchObject([{ code: 'E128', message: expect.stringContaining('cell values.size=20') }])
    expect(codes(sizes, { producer: 'verify: counts' })).toEqual([])
    expect(codes(sizes, { producer: 'envelope: header' })).toEqual([])
  })
})

describe('a brown-out that takes nothing away', () => {
  const struck = (cpus: string): string => `faults:\n  - { fault: brown-out, target: node 1, at: 1s, for: 1s${cpus} }\n`
  const layout = (more: string): Change => ({ layout: `one-broker${more}` })

  /** As the malformed scenarios say it: line:column, code, message and hint. */
  test.each<[string, string, string, number, string | undefined]>([
    [
      'more cpus than the machine has',
      '',
      ', cpus: 3',
      2,
      '14:64 E204 leaves 3 cpus, and this machine has 2: nothing is taken away → write less than 2, such as cpus: 0.2',
    ],
    ['as many as the machine has', '', ', cpus: 2', 2, '14:64 E204 this machine has 2 → less than 2'],
    ['fewer than the machine has', '', ', cpus: 1.9', 2, undefined],
    [
      'more cpus than resources give a node',
      ', resources: { cpus: 0.5 }',
      ', cpus: 0.6',
      4,
      '14:64 E128 leaves 0.6 cpus, and resources give each node 0.5 (3:43) → write less than 0.5, such as cpus: 0.1',
    ],
    [
      'as many cpus as it is pinned to',
      ', resources: { cpuset: "0-1" }',
      ', cpus: 2',
      4,
      '14:64 E128 each node 2 → than 2',
    ],
    [
      'what is left where nothing is said',
      ', resources: { cpus: 0.1 }',
      '',
      4,
      '14:5 E128 leaves 0.2 cpus → cpus: 0.02',
    ],
    ['fewer than resources give', ', resources: { cpus: 0.5 }', ', cpus: 0.4', 4, undefined],
  ])('%s', (_, resources, cpus, cores, gets) => {
    const found = problems(struck(cpus), layout(resources), cores)
    if (gets === undefined) return expect(found).toEqual([])
    const [told = '', hint = ''] = gets.split(' → ')
    const [at, code, ...words] = told.split(' ')
    expect(found).toHaveLength(1)
    const [{ place, message, ...problem }] = found as [Problem]
    expect(`${place?.line}:${place?.column}`).toBe(at)
    expect(problem.code).toBe(code)
    expect(message).toContain(words.join(' '))
    expect(problem.hint).toContain(hint)
    return undefined
  })
})

describe('resources beyond this machine', () => {
  const layout = (resources: string): Change => ({ producer: KAFKAJS, layout: `one-broker, ${resources}` })

  test.each<[string, string, number, string[]]>([
    ['more cpus than cores', 'resources: { cpus: 5 }', 4, ['E204']],
    ['as many cpus as cores', 'resources: { cpus: 4 }', 4, []],
    ['a core that is not there', 'resources: { cpuset: "0,4" }', 4, ['E204']],
    ['a range that ends too high', 'resources: { cpuset: "0-4" }', 4, ['E204']],
    ['cores that are there', 'resources: { cpuset: "0-2,3" }', 4, []],
    ['workers on a core that is not there', 'workers: { cpuset: "7" }', 4, ['E204']],
    ['both', 'resources: { cpus: 9, cpuset: "9" }, workers: { cpuset: "9" }', 4, ['E204', 'E204', 'E204']],
  ])('%s', (_, resources, cores, expected) => {
    expect(codes('', layout(resources), cores)).toEqual(expected)
  })
})

describe('replication', () => {
  test('a swept factor above the number of brokers', () => {
    const more = 'matrix:\n  topics: { replication.factor: [1, 3] }\n'
    expect(codes(more)).toEqual(['E127'])
    expect(codes(more, { layout: 'three-brokers' })).toEqual([])
  })
})

describe('notes', () => {
  const notes = (more: string, change: Change = {}): string[] => planOf(scenarioText(more, change)).notes

  test('acks=all equals acks=1 where the leader is the only replica', () => {
    const sweep = 'matrix:\n  producers: { acks: [1, all] }\nrepeat: 3\n'
    expect(notes(sweep)).toContainEqual(expect.stringMatching(/replication\.factor is 1: acks=all equals acks=1/))
    expect(notes(sweep, { layout: 'three-brokers' })).not.toContainEqual(expect.stringMatching(/equals acks=1/))
  })

  test('a topic that makes the broker recompress', () => {
    const text = scenarioText('repeat: 3\n', { producer: 'config: { compression.type: lz4 }' })
    const gzip = text.replace('partitions: 3', 'partitions: 3, config: { compression.type: gzip }')
    expect(planOf(gzip).notes).toContainEqual(
      'topic events has compression.type=gzip: the broker recompresses batches that come as lz4',
    )
    const same = text.replace('partitions: 3', 'partitions: 3, config: { compression.type: lz4 }')
    const producer = text.replace('partitions: 3', 'partitions: 3, config: { compression.type: producer }')
    for (const quiet of [text, same, producer])
      expect(planOf(quiet).notes).not.toContainEqual(expect.stringMatching(/recompresses/))
  })

  test('kafkajs’ one idempotent request in flight', () => {
    expect(notes('repeat: 3\n')).toContainEqual(
      expect.stringMatching(/writers: max\.in\.flight\.requests\.per\.connection effective 1/),
    )
    expect(notes('repeat: 3\n', { producer: 'config: { acks: 1 }' })).not.toContainEqual(
      expect.stringMatching(/effective/),
    )
  })

  test('the closed loop, and cells without repetitions', () => {
    const closed = scenarioText().replace('rate: 1k/s', 'rate: max')
    expect(planOf(closed).notes).toContainEqual(expect.stringMatching(/closed loop/))
    expect(notes('matrix:\n  producers: { acks: [1, all] }\n')).toContainEqual(expect.stringMatching(/repeat is 1/))
    expect(notes('matrix:\n  producers: { acks: [1, all] }\nrepeat: 2\n')).not.toContainEqual(
      expect.stringMatching(/repeat is 1/),
    )
    expect(notes('')).not.toContainEqual(expect.stringMatching(/repeat is 1/))
  })
})

describe('readers without a consumer group', () => {
  const wire = (more: string) => `consumers:\n  - name: readers\n    driver: wire\n    ${more}\n`

  test.each<[string, string, string[]]>([
    ['commit: auto', 'commit: auto', ['E203']],
    ['commit: manual', 'commit: manual', ['E203']],
    ['commit: none', 'commit: none', []],
    ['nothing said', 'members: 2', []],
    ['the new group protocol', 'config: { group.protocol: consumer }', ['E203']],
    ['static membership', 'config: { group.instance.id: a }', ['E203']],
    ['a session time-out', 'config: { session.timeout.ms: 10000 }', ['E203']],
    ['the default of a session time-out', 'config: { session.timeout.ms: 45000 }', []],
    ['fetch settings', 'config: { fetch.min.bytes: 1MB, isolation.level: read_committed, client.rack: a }', []],
  ])('%s', (_, more, expected) => {
    expect(codes(wire(more))).toEqual(expected)
  })

  test('a swept commit is refused where it asks for a group, and the line is named', () => {
    expect(codes(`${wire('members: 2')}matrix:\n  consumers: { commit: [none, auto] }\n`)).toEqual(['E203'])
    const [problem] = problems(wire('commit: manual'))
    expect(problem).toMatchObject({ place: { line: 16 }, message: expect.stringContaining('no consumer group') })
  })

  test('they commit nothing where nothing is said, and members of groups commit by interval', () => {
    const commitOf = (text: string) => planOf(scenarioText(text)).setups[0]?.consumers[0]?.commit
    expect(commitOf(wire('members: 2'))).toBe('none')
    expect(commitOf('consumers: [{ name: readers }]\n')).toBe('auto')
  })
})

describe('compression: pool', () => {
  const pool = (config: string, more = '') => ({
    producer: `driver: wire\n    compression: pool\n    config: { ${config} }${more === '' ? '' : `\n    ${more}`}`,
  })
  const readers = (driver: string) => `consumers: [{ name: readers, driver: ${driver} }]\n`

  test.each<[string, string, Change, string[]]>([
    ['of lz4', '', pool('compression.type: lz4'), []],
    ['of zstd, read by wire', readers('wire'), pool('compression.type: zstd'), []],
    ['of gzip', '', pool('compression.type: gzip'), ['E126']],
    ['of nothing', '', pool('acks: all'), ['E126']],
    ['with a level', '', pool('compression.type: zstd, compression.zstd.level: 7'), ['E203']],
    ['with the level of another codec', '', pool('compression.type: lz4, compression.zstd.level: 7'), []],
    ['of a client', '', { producer: 'compression: pool\n    config: { compression.type: lz4 }' }, ['E203']],
    ['with keys', '', pool('compression.type: lz4', 'keys: { distribution: uniform, cardinality: 9 }'), ['E128']],
    ['of texts', '', pool('compression.type: lz4', 'values: { template: "{seq}" }'), ['E128']],
    [
      'of many sizes',
      '',
      pool('compression.type: lz4', 'values: { size: { distribution: uniform, min: 50B, max: 90B } }'),
      ['E128'],
    ],
    ['with envelopes in headers', '', pool('compression.type: lz4', 'envelope: header'), ['E128']],
    ['for readers that check no CRC', readers('kafkajs'), pool('compression.type: lz4'), ['E128']],
    ['for such readers without envelopes', readers('kafkajs'), pool('compression.type: lz4', 'verify: counts'), []],
    [
      'as one value of a sweep',
      'matrix:\n  producers: { compression: [each, pool] }\n',
      { producer: 'driver: wire\n    config: { compression.type: snappy }' },
      ['E126'],
    ],
  ])('%s', (_, more, change, expected) => {
    expect(codes(more, change)).toEqual(expected)
  })
})
