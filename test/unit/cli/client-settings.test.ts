// Settings in the properties file of an external cluster: the lowest layer, traceable in the plan, and no secret shown.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { runCli } from '../../support/cli.ts'

const folder = mkdtempSync(join(tmpdir(), 'gauntlet-settings-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const PASSWORD = 'hunter2-secret'
const SECURITY = [
  'security.protocol=SASL_SSL',
  'sasl.mechanism=PLAIN',
  `sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required username="a" password="${PASSWORD}";`,
]
const SCENARIO = `version: 1
name: layers
cluster: { bootstrap.servers: "kafka-1:9092", command-config: client.properties }
topics: [{ name: events, partitions: 3, replication.factor: 1 }]
producers: [{ name: writers, config: { linger.ms: 2ms, batch.size: 32KiB } }]
consumers: [{ name: readers }]
load: { phases: [{ phase: steady, for: 5s, rate: 100/s }] }
`

type Row = { name: string; value: unknown; source: string }
type Group = { settings: Row[] }
type PlanJson = { notes: string[]; setups: { producers: Group[]; consumers: Group[] }[] }

async function plan(lines: string[], args: string[] = [], env: Record<string, string> = {}) {
  writeFileSync(join(folder, 'layers.yaml'), SCENARIO)
  writeFileSync(join(folder, 'client.properties'), `${[...SECURITY, ...lines].join('\n')}\n`, { mode: 0o600 })
  const result = await runCli(['plan', join(folder, 'layers.yaml'), '--json', ...args], { env })
  expect(result.stdout + result.stderr).not.toContain(PASSWORD)
  return result
}

async function planned(...given: Parameters<typeof plan>) {
  const result = await plan(...given)
  expect(result.exitCode, result.stderr).toBe(0)
  const { notes, setups } = JSON.parse(result.stdout) as PlanJson
  const rowsOf = (group: Group | undefined) =>
    Object.fromEntries((group?.settings ?? []).map(({ name, value, source }) => [name, [value, source]]))
  return {
    notes,
    stderr: result.stderr,
    producer: rowsOf(setups[0]?.producers[0]),
    consumer: rowsOf(setups[0]?.consumers[0]),
  }
}

describe('settings in a properties file', () => {
  it('stand over defaults and under scenario, environment and flag, and the plan says so', async () => {
    const lines = ['linger.ms=7', 'batch.size=1', 'retries=3', 'acks=-1', 'fetch.min.bytes=9', 'client.id=me']
    const { producer, consumer } = await planned(lines, ['--set', 'producers.batch.size=64KiB'])
    expect(producer).toMatchObject({
      'batch.size': [65_536, 'flag'],
      'linger.ms': [2, 'scenario'],
      retries: [3, 'properties file'],
      acks: ['all', 'properties file'],
      'client.id': ['me', 'properties file'],
      'request.timeout.ms': [30_000, 'default'],
    })
    expect(consumer).toMatchObject({
      'fetch.min.bytes': [9, 'properties file'],
      'client.id': ['me', 'properties file'],
      'max.poll.records': [500, 'default'],
    })
    const environment = await planned(['retries=3'], [], { GAUNTLET_SET: 'producers.retries=4' })
    expect(environment.producer['retries']).toEqual([4, 'environment'])
  })

  it('reach both kinds of clients where both know the name', async () => {
    const { producer, consumer } = await planned(['request.timeout.ms=1234'])
    for (const rows of [producer, consumer]) expect(rows['request.timeout.ms']).toEqual([1234, 'properties file'])
  })

  it('that are unknown, belong to Java, or cannot be honoured are warned of, and nothing fails', async () => {
    const lines = ['lingerms=5', 'key.serializer=X', 'send.buffer.bytes=1', 'group.protocol=consumer']
    const { stderr, notes, consumer } = await planned(lines)
    for (const text of [
      /:4 .*lingerms|:4 .*no setting/,
      /:5 .*key\.serializer has no effect/,
      /:6 .*send\.buffer\.bytes/,
    ])
      expect(stderr).toMatch(text)
    expect(notes).toContainEqual(
      expect.stringMatching(/readers: group\.protocol=consumer of the properties file is not/),
    )
    expect(consumer['group.protocol']).toEqual(['classic', 'default'])
  })

  it('whose value cannot be read are refused with file and line, all at once', async () => {
    const { exitCode, stderr } = await plan(['linger.ms=soon', 'acks=2'])
    expect(exitCode).toBe(2)
    expect(stderr).toMatch(/client\.properties:4:1 .*linger\.ms/)
    expect(stderr).toMatch(/client\.properties:5:1 .*acks/)
  })
})
