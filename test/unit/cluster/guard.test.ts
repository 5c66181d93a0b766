// The guard of external clusters: every way to be refused, and the one way to be let in.
import { describe, expect, it } from 'vitest'
import {
  assertAllowed,
  assertMaySendCredentials,
  assertWithinCaps,
  DEFAULT_CAPS,
  PUBLIC_CLUSTER_IDS,
  parseAllowance,
} from '../../../src/cluster/guard.ts'
import { HarnessError } from '../../../src/core/errors.ts'

const ID = 'Vp3Qm8b0RkyHc1aWz5tXuA'
const BOOTSTRAP = ['kafka-1:9092', 'kafka-2:9092']

function refusal(act: () => unknown): HarnessError {
  try {
    act()
  } catch (error) {
    if (error instanceof HarnessError) return error
    throw error
  }
  throw new Error('it was not refused')
}

describe('--allow-cluster', () => {
  it.each([
    [ID, { clusterId: ID, addresses: [] }],
    [`${ID}@kafka-1:9092, kafka-2:9092`, { clusterId: ID, addresses: BOOTSTRAP }],
    ['lkc-12345', { clusterId: 'lkc-12345', addresses: [] }],
    [`${ID}@[::1]:9092`, { clusterId: ID, addresses: ['[::1]:9092'] }],
  ])('%s is read', (text, expected) => expect(parseAllowance(text)).toEqual(expected))

  it.each(['', '*', 'prod-*', 'a,b', ' ', `${ID}@`, `${ID}@kafka`, `${ID}@kafka-1:9092,`, '.*|x'])(
    '%j is no id of one cluster',
    text => expect(refusal(() => parseAllowance(text))).toMatchObject({ code: 'E201', exitCode: 2 }),
  )
})

describe('which cluster', () => {
  it.each([
    [ID, ID],
    [ID, `${ID}@kafka-2:9092,kafka-1:9092,kafka-3:9092`],
  ])('%s is let in by %s', (clusterId, allowed) => {
    expect(() => assertAllowed({ clusterId, bootstrap: BOOTSTRAP }, parseAllowance(allowed))).not.toThrow()
  })

  it.each<[string, string, string | undefined, RegExp]>([
    ['nothing was allowed', ID, undefined, new RegExp(`not allowed[\\s\\S]*--allow-cluster ${ID}`)],
    ['another one was allowed', ID, 'Zother', /allowed is Zother/],
    ['its id differs in case', ID, ID.toLowerCase(), /allowed is/],
    ['its id is only a beginning', ID, ID.slice(0, 10), /allowed is/],
    ['it has no id', '', ID, /tells no id/],
    ['its addresses are others', ID, `${ID}@kafka-1:9092`, /names kafka-1:9092/],
  ])('refused where %s', (_, clusterId, allowed, pattern) => {
    const allowance = allowed === undefined ? undefined : parseAllowance(allowed)
    const error = refusal(() => assertAllowed({ clusterId, bootstrap: BOOTSTRAP }, allowance))
    expect(error).toMatchObject({ code: 'E401', exitCode: 5 })
    expect(`${error.message}\n${error.problems[0]?.hint}`).toMatch(pattern)
  })

  it.each(Object.keys(PUBLIC_CLUSTER_IDS))(
    '%s stands in public examples and is refused even when it is named',
    clusterId => {
      const error = refusal(() => assertAllowed({ clusterId, bootstrap: BOOTSTRAP }, parseAllowance(clusterId)))
      expect(error.code).toBe('E401')
      expect(error.message).toContain(PUBLIC_CLUSTER_IDS[clusterId])
    },
  )
})

describe('where credentials may go', () => {
  it('only to addresses that were named outside the scenario', () => {
    expect(() => assertMaySendCredentials(BOOTSTRAP, parseAllowance(`${ID}@${BOOTSTRAP.join(',')}`))).not.toThrow()
  })

  it.each([undefined, ID, `${ID}@kafka-1:9092`, `${ID}@kafka-1:9093,kafka-2:9092`])('refused with %s', allowed => {
    const allowance = allowed === undefined ? undefined : parseAllowance(allowed)
    const error = refusal(() => assertMaySendCredentials(BOOTSTRAP, allowance))
    expect(error).toMatchObject({ code: 'E401', exitCode: 5 })
    expect(error.problems[0]?.hint).toContain(`@${BOOTSTRAP.join(',')}`)
  })
})

describe('how hard', () => {
  it('is let through up to the caps themselves', () => {
    expect(() => assertWithinCaps(DEFAULT_CAPS, DEFAULT_CAPS)).not.toThrow()
    expect(DEFAULT_CAPS).toEqual({ bytesPerSecond: 1_000_000, durationMs: 60_000, partitions: 12, connections: 20 })
  })

  it.each([
    ['bytesPerSecond', 1_000_001, '--max-rate-bytes 1001kB/s'],
    ['durationMs', 60_001, '--max-duration 61s'],
    ['partitions', 13, '--max-partitions 13'],
    ['connections', 21, '--max-connections 21'],
  ] as const)('%s above its cap is refused with the flag that allows it', (what, value, flag) => {
    const demand = { ...DEFAULT_CAPS, [what]: value }
    const error = refusal(() => assertWithinCaps(demand, DEFAULT_CAPS))
    expect(error).toMatchObject({ code: 'E403', exitCode: 5 })
    expect(error.problems).toHaveLength(1)
    expect(error.problems[0]?.hint).toContain(flag)
    expect(() => assertWithinCaps(demand, { ...DEFAULT_CAPS, [what]: value })).not.toThrow()
  })

  it('tells every excess at once, and takes no flag for a rate without bound', () => {
    const demand = { bytesPerSecond: Number.POSITIVE_INFINITY, durationMs: 1e9, partitions: 99, connections: 99 }
    const { problems } = refusal(() => assertWithinCaps(demand, { ...DEFAULT_CAPS, bytesPerSecond: 1e15 }))
    expect(problems).toHaveLength(4)
    expect(problems[0]?.hint).not.toContain('--max-rate-bytes')
  })
})
