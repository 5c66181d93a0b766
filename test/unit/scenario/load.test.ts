// Loading: what a good scenario becomes, where its parts stand, and files that are not scenarios at all.
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { HarnessError, type Problem } from '../../../src/core/errors.ts'
import { loadScenario, parseScenario } from '../../../src/scenario/load.ts'
import { GOOD } from '../../fixtures/malformed/base.ts'

const folder = mkdtempSync(join(tmpdir(), 'gauntlet-load-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const fileWith = (name: string, content: string | Uint8Array): string => {
  const file = join(folder, name)
  writeFileSync(file, content)
  return file
}

async function problemOf(file: string): Promise<Problem | undefined> {
  const error = await loadScenario(file).then(
    () => undefined,
    reason => reason as unknown,
  )
  if (!(error instanceof HarnessError)) throw new Error(`${file} gave ${String(error)}`)
  expect(error.exitCode).toBe(2)
  expect(error.problems).toHaveLength(1)
  return error.problems[0]
}

describe('a good file', () => {
  const yaml = `version: 1
name: shop
cluster:
  layout: three-brokers
topics:
  - name: orders
    partitions: 6
    replication.factor: 3
    config: { retention.ms: 10m }
  - { name: clicks, count: 2 }
producers:
  - name: web
    share: 75%
    config:
      linger.ms: 5ms
      batch.size: 64KiB
      acks: -1
  - name: app
    share: 0.25
    topics: [clicks]
consumers:
  - name: readers
load:
  phases:
    - { phase: warmup, for: 2s, rate: 500/s }
    - phase: steps
      rates: [1k/s, 2k/s]
      each: 5s
matrix:
  producers:
    linger.ms: [0, 20ms]
expect:
  - errors == 0
  - rule: ack.p99 < 25ms
    when: { linger.ms: 20ms }
`
  const { scenario, placeOf, text, file } = parseScenario(yaml, 'shop.yaml')
  const at = (...path: (string | number)[]) => `${placeOf(path).line}:${placeOf(path).column}`

  it('becomes plain numbers in Kafka’s units', () => {
    expect(scenario.topics[0]).toEqual({
      name: 'orders',
      count: 1,
      partitions: 6,
      replicationFactor: 3,
      config: { 'retention.ms': 600_000 },
    })
    expect(scenario.producers[0]?.config).toEqual({ 'linger.ms': 5, 'batch.size': 65_536, acks: 'all' })
    expect(scenario.load.segments).toEqual([
      { phase: 'warmup', kind: 'warmup', durationMs: 2000, fromPerSecond: 500, toPerSecond: 500, max: false },
      { phase: 'measure', kind: 'step', durationMs: 5000, fromPerSecond: 1000, toPerSecond: 1000, max: false },
      { phase: 'measure', kind: 'step', durationMs: 5000, fromPerSecond: 2000, toPerSecond: 2000, max: false },
    ])
  })

  it('fills in what is left out', () => {
    expect(scenario.cluster).toMatchObject({ kind: 'started', brokers: 3, network: 'direct', provider: 'auto' })
    expect(scenario.producers.map(group => [group.share, group.topics])).toEqual([
      [0.75, ['orders', 'clicks']],
      [0.25, ['clicks']],
    ])
    expect(scenario.consumers[0]?.topics).toEqual(['orders', 'clicks'])
    expect(scenario.load).toMatchObject({
      pacer: 'tick',
      catchUp: 'bounded',
      maxAgeMs: 10_000,
      drainMs: 30_000,
      settleMs: 1000,
    })
    expect([scenario.repeat, scenario.seed]).toEqual([1, 1])
  })

  it('reads axes and the values of `when` in the same unit', () => {
    expect(scenario.matrix.axes).toEqual([
      { scope: 'producers', setting: 'linger.ms', name: 'linger.ms', values: [0, 20] },
    ])
    expect(scenario.expect[1]?.when).toEqual({ 'linger.ms': [20] })
  })

  it('knows where every part stands', () => {
    expect(at()).toBe('1:1')
    expect(at('name')).toBe('2:7')
    expect(at('cluster')).toBe('3:1')
    expect(at('topics', 0)).toBe('6:5')
    expect(at('topics', 0, 'config')).toBe('9:13')
    expect(at('topics', 1, 'count')).toBe('10:28')
    expect(at('producers', 0, 'config')).toBe('14:5')
    expect(at('producers', 0, 'config', 'linger.ms')).toBe('15:18')
    expect(at('load', 'phases', 1)).toBe('26:7')
    expect(at('load', 'phases', 1, 'rates', 1)).toBe('27:21')
    expect(at('expect', 0)).toBe('33:5')
    expect(at('expect', 1)).toBe('34:5')
  })

  it('gives the nearest parent of what the file leaves out', () => {
    expect(at('seed')).toBe('1:1')
    expect(at('producers', 1, 'config', 'acks')).toBe('18:5')
    expect(at('cluster', 'kafka')).toBe('3:1')
  })

  it('keeps text and name of the file', () => {
    expect({ text, file }).toEqual({ text: yaml, file: 'shop.yaml' })
  })
})

describe('files', () => {
  it('load from disk, with a byte order mark, Windows line ends and a document start', async () => {
    const loaded = await loadScenario(fileWith('windows.yaml', `\ufeff---\n${GOOD}`.replaceAll('\n', '\r\n')))
    expect(loaded.scenario.name).toBe('good')
    expect(loaded.placeOf(['name'])).toMatchObject({ line: 3, column: 7 })
  })

  it('that do not exist are named in full, with the nearest neighbour', async () => {
    fileWith('quickstart.yaml', GOOD)
    const file = join(folder, 'quikstart.yaml')
    expect(await problemOf(file)).toEqual({
      code: 'E101',
      message: 'does not exist',
      hint: `did you mean ${join(folder, 'quickstart.yaml')}?`,
      place: { file },
    })
    expect((await problemOf('no/such.yaml'))?.message).toBe(`does not exist (looked at ${resolve('no/such.yaml')})`)
    expect((await problemOf(join(folder, 'quickstart.yaml', 'x')))?.code).toBe('E101')
  })

  it('that are directories, pipes or devices are refused before they are opened', async () => {
    mkdirSync(join(folder, 'inner'))
    writeFileSync(join(folder, 'inner', 'one.yaml'), GOOD)
    expect(await problemOf(join(folder, 'inner'))).toMatchObject({
      code: 'E102',
      hint: 'name one file in it: one.yaml',
    })
    execFileSync('sh', ['-c', 'mkfifo "$1"', 'sh', join(folder, 'pipe')])
    expect((await problemOf(join(folder, 'pipe')))?.message).toBe('is a pipe, not a regular file')
    expect((await problemOf('/dev/null'))?.message).toBe('is a device, not a regular file')
  })

  it('that are too large say their size', async () => {
    const problem = await problemOf(fileWith('large.yaml', `# ${'x'.repeat(300 * 1024)}`))
    expect(problem).toMatchObject({ code: 'E103', message: '300 KiB, more than the 256 KiB a scenario may have' })
  })

  it.each([
    ['UTF-16, little end', Uint8Array.of(0xff, 0xfe, 0x61, 0), 0, 'the file is UTF-16'],
    ['UTF-16, big end', Uint8Array.of(0xfe, 0xff, 0, 0x61), 0, 'the file is UTF-16'],
    ['a NUL', Buffer.from('name: a\0b'), 7, 'a NUL byte at offset 7'],
    ['Latin-1', Uint8Array.of(0x61, 0x3a, 0x20, 0xe9, 0x0a), 3, 'byte 0xe9 at offset 3 is not UTF-8'],
    [
      'half a character',
      Buffer.concat([Buffer.from('a: é�'), Uint8Array.of(0xe2, 0x82)]),
      8,
      'byte 0xe2 at offset 8 is not UTF-8',
    ],
  ])('that are not UTF-8 text say where: %s', async (_name, bytes, byte, message) => {
    expect(await problemOf(fileWith('binary.yaml', bytes))).toMatchObject({ code: 'E104', message, place: { byte } })
  })

  it('that cannot be opened say why', async () => {
    const file = join(folder, 'loop.yaml')
    symlinkSync(file, file)
    expect(await problemOf(file)).toMatchObject({ code: 'E135', message: 'cannot be read (ELOOP)', place: { file } })
  })

  it('with impossible names are refused in words', async () => {
    expect((await problemOf('a\0b'))?.code).toBe('E135')
    expect((await problemOf('x'.repeat(5000)))?.code).toBe('E135')
  })
})
