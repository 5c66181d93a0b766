// The pure parts of the java driver: frames as both sides cut them, properties without anything the client would refuse, clocks.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { mapClocks } from '../../../../src/drivers/java/clock.ts'
import { FrameCutter, type FrameReader, FrameWriter } from '../../../../src/drivers/java/frames.ts'
import { consumerProperties, producerProperties } from '../../../../src/drivers/java/properties.ts'

describe('frames', () => {
  test('come out whole however the stream is cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 600 }), { minLength: 1, maxLength: 8 }),
        fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1 }),
        (bodies, cuts) => {
          const stream = Buffer.concat(bodies.map((body, i) => new FrameWriter(i, 16).blob(Buffer.from(body)).finish()))
          const seen: [number, string][] = []
          const cutter = new FrameCutter(frame => seen.push([frame.type, frame.blob()?.toString('hex') ?? 'null']))
          for (let at = 0, cut = 0; at < stream.length; cut++) {
            const size = cuts[cut % cuts.length] as number
            cutter.push(stream.subarray(at, at + size))
            at += size
          }
          expect(seen).toEqual(bodies.map((body, i) => [i, Buffer.from(body).toString('hex')]))
        },
      ),
    )
  })

  test('numbers and texts read as they were written, beyond 32 bits and below zero', () => {
    let frame: FrameReader | undefined
    const cutter = new FrameCutter(one => {
      frame = one
    })
    cutter.push(
      new FrameWriter(3).i8(-1).i32(-7).i64(-1n).i64(9_007_199_254_740_991n).blob(null).text('grün “a”').finish(),
    )
    expect([frame?.type, frame?.i8(), frame?.i32(), frame?.i64(), frame?.i64()]).toEqual([3, -1, -7, -1, 2 ** 53 - 1])
    expect([frame?.blob(), frame?.text()]).toEqual([null, 'grün “a”'])
  })

  test('a length that cannot be is refused before anything is kept for it', () => {
    for (const length of [
      [0x7f, 0xff, 0xff, 0xff],
      [0xff, 0xff, 0xff, 0xff],
      [0, 0, 0, 0],
    ])
      expect(() => new FrameCutter(() => undefined).push(Buffer.from(length))).toThrow(RangeError)
  })
})

describe('clocks', () => {
  test('that read alike in every exchange are one clock', () => {
    expect(mapClocks([{ beforeNs: 5n, jvmNs: 7n, afterNs: 9n }])).toEqual({ offsetNs: 0n, uncertaintyNs: 0n })
  })

  test('that do not are mapped by the tightest exchange, with its doubt', () => {
    const wide = { beforeNs: 1000n, jvmNs: 10n, afterNs: 1400n }
    const tight = { beforeNs: 2000n, jvmNs: 1000n, afterNs: 2020n }
    expect(mapClocks([wide, tight])).toEqual({ offsetNs: 1010n, uncertaintyNs: 10n })
  })
})

describe('properties', () => {
  const options = { bootstrap: ['a:1', 'b:2'], clientId: 'c', topics: [], settings: {} }

  test('are Kafka’s own names and nothing that is ours', () => {
    const settings = { acks: 'all', 'linger.ms': 5, 'compression.type': 'zstd', 'not.kafkas': 1 }
    expect(producerProperties({ ...options, settings })).toMatchObject({
      'bootstrap.servers': 'a:1,b:2',
      'client.id': 'c',
      acks: 'all',
      'linger.ms': '5',
    })
    expect(producerProperties({ ...options, settings })).not.toHaveProperty(['not.kafkas'])
  })

  test('a user’s password and certificate become one JAAS line and PEM stores', () => {
    const security = {
      ssl: { ca: 'CA', cert: 'CERT', key: 'KEY', minVersion: 'TLSv1.3' },
      sasl: { mechanism: 'scram-sha-512', username: 'al"ice', password: 'back\\slash' },
    }
    expect(producerProperties({ ...options, security })).toMatchObject({
      'security.protocol': 'SASL_SSL',
      'sasl.mechanism': 'SCRAM-SHA-512',
      'sasl.jaas.config':
        'org.apache.kafka.common.security.scram.ScramLoginModule required username="al\\"ice" password="back\\\\slash";',
      'ssl.truststore.type': 'PEM',
      'ssl.truststore.certificates': 'CA',
      'ssl.keystore.certificate.chain': 'CERT',
      'ssl.keystore.key': 'KEY',
      'ssl.enabled.protocols': 'TLSv1.3',
    })
    expect(producerProperties({ ...options, security: { sasl: security.sasl } })).toMatchObject({
      'security.protocol': 'SASL_PLAINTEXT',
    })
  })

  test('the consumer protocol takes no session settings, and static members have names of their own', () => {
    const settings = { 'session.timeout.ms': 9000, 'heartbeat.interval.ms': 3000, 'group.instance.id': 'me' }
    const member = { ...options, groupId: 'g', commit: 'manual', member: 2 } as const
    expect(consumerProperties({ ...member, settings })).toMatchObject({
      'session.timeout.ms': '9000',
      'group.instance.id': 'me-2',
      'enable.auto.commit': 'false',
    })
    const modern = consumerProperties({ ...member, settings: { ...settings, 'group.protocol': 'consumer' } })
    expect(Object.keys(modern).filter(key => /session|heartbeat/.test(key))).toEqual([])
  })
})
