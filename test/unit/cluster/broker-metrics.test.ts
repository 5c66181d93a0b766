// What an agent and a GC log tell is read from texts that real ones wrote, and the tar for a container is one that tar can read.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { gcLogOption, readPauses } from '../../../src/cluster/broker-metrics/gc-log.ts'
import { agentConfig, readScrape, SCRAPE_PATH } from '../../../src/cluster/broker-metrics/rules.ts'
import { watchBrokers } from '../../../src/cluster/broker-metrics/scrape.ts'
import { packTar } from '../../../src/cluster/providers/docker/tar.ts'

const ANSWER = `# HELP gauntlet Attribute exposed for management
# TYPE gauntlet gauge
gauntlet{key="BytesIn"} 2.1996669E7
gauntlet{key="Produce.Local.Count"} 1353.0
gauntlet{key="Produce.Local.Mean"} 1.4818920916481892
gauntlet{key="Produce.Total.Count"} 1353.0
gauntlet{key="Produce.Total.Mean"} 3.8972653362897267
gauntlet{key="flush.Count"} 44.0
gauntlet{key="flush.Mean"} 21.325963522727275
gauntlet{key="gc.G1 Concurrent GC.Count"} 6.0
gauntlet{key="gc.G1 Concurrent GC.Time"} 900.0
gauntlet{key="gc.G1 Old Generation.Count"} 0.0
gauntlet{key="gc.G1 Old Generation.Time"} 0.0
gauntlet{key="gc.G1 Young Generation.Count"} 17.0
gauntlet{key="gc.G1 Young Generation.Time"} 317.0
gauntlet{key="handler.idle.ns"} 1.8039147657E10
gauntlet{key="handlerBroker.idle.ns"} 1.6558500705E10
gauntlet{key="network.idle.ns.CLIENT.0"} 1.4609101865E10
gauntlet{key="under.replicated"} NaN
gauntlet{key="request.queue"} 0.0
`

describe('the agent’s answer', () => {
  test('becomes counters, means turned into sums, and stops of the JVM alone', () => {
    expect(readScrape(ANSWER)).toEqual({
      'handler.idle.ns': 16_558_500_705,
      'network.idle.ns.CLIENT.0': 14_609_101_865,
      'produce.count': 1353,
      'produce.local.ms': 2005,
      'produce.total.ms': 5273,
      'request.queue': 0,
      'bytes.in': 21_996_669,
      'flush.count': 44,
      'flush.ms': 938.342,
      'gc.count': 17,
      'gc.ms': 317,
    })
  })

  test('of a broker before 4.2 has one pool of request handlers', () => {
    expect(readScrape('gauntlet{key="handler.idle.ns"} 7.0\n')).toEqual({ 'handler.idle.ns': 7 })
  })

  test('without beans is empty', () => {
    expect(readScrape('# EOF\n')).toEqual({})
  })

  test('is asked for by one name that its configuration gives to every rule', () => {
    const config = JSON.parse(agentConfig()) as { rules: { pattern: string; name: string }[] }
    expect(new Set(config.rules.map(rule => rule.name))).toEqual(new Set(['gauntlet']))
    expect(decodeURIComponent(SCRAPE_PATH)).toBe('/metrics?name[]=gauntlet')
    for (const { pattern } of config.rules) expect(() => new RegExp(pattern)).not.toThrow()
    const text = 'kafka.log<type=LogFlushStats, name=LogFlushRateAndTimeMs><>'
    const matches = (attribute: string) =>
      config.rules.filter(rule => new RegExp(rule.pattern).test(text + attribute)).length
    expect(['Mean: 1', 'MeanRate: 1', 'Count: 1'].map(matches)).toEqual([1, 0, 1])
  })
})

test('a broker that refuses or says nothing costs only its own sample', async () => {
  const server = createServer((request, response) => {
    response.statusCode = request.headers.host?.startsWith('127.0.0.1') ? 200 : 503
    response.end(ANSWER)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const readGcLog = async (): Promise<string> => ''
  const metrics = watchBrokers([
    { node: 'good', endpoint: { host: '127.0.0.1', port }, readGcLog },
    { node: 'bad', endpoint: { host: 'localhost', port }, readGcLog },
    { node: 'gone', endpoint: { host: '127.0.0.1', port: 1 }, readGcLog },
  ])
  const lacks: [string, string][] = []
  try {
    const samples = await metrics.sample(
      () => 5,
      (...lack) => lacks.push(lack),
    )
    expect(samples.map(({ node, atUs }) => [node, atUs])).toEqual([['good', 5]])
    expect(samples[0]?.values['bytes.in']).toBe(21_996_669)
    expect(new Map(lacks)).toEqual(
      new Map([
        ['bad', 'the agent answered 503'],
        ['gone', expect.stringContaining('ECONNREFUSED')],
      ]),
    )
    expect(await metrics.pauses()).toEqual([])
  } finally {
    server.close()
  }
})

test('a GC log tells its stops, and not what runs beside the program', () => {
  const text = `[1867332872227ns] Using G1
[1868801684981ns] GC(0) Pause Young (Normal) (G1 Evacuation Pause) 19M->6M(380M) 11.451ms
[1892517379120ns] GC(26) Pause Remark 228M->228M(385M) 47.084ms
[1892585842640ns] GC(26) Concurrent Mark Cycle 340.834ms
[1892585842`
  expect(readPauses(text)).toEqual([
    { monotonicNs: 1_868_801_684_981, us: 11_451 },
    { monotonicNs: 1_892_517_379_120, us: 47_084 },
  ])
  expect(gcLogOption('/x/gc.log')).toContain('file=/x/gc.log:timenanos')
})

test('the tar is what tar itself takes for one', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gauntlet-tar-'))
  try {
    const files = [
      { name: 'a/one.bin', bytes: Buffer.alloc(1000, 7) },
      { name: 'a/two.json', bytes: Buffer.from('{"x":1}') },
      { name: 'a/empty', bytes: Buffer.alloc(0) },
      { name: 'a/whole', bytes: Buffer.alloc(512, 1) },
    ]
    writeFileSync(join(folder, 'x.tar'), packTar(files))
    execFileSync('tar', ['--extract', '--file', 'x.tar'], { cwd: folder })
    for (const { name, bytes } of files) expect(readFileSync(join(folder, name)).equals(bytes), name).toBe(true)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
