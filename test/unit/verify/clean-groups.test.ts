// In a thousand worlds with transactions and handovers nothing is found; with one step of a member taken out, what follows from it is.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { verifyHistory } from '../../../src/verify/verify.ts'
import { cleanWorld, type Did, type Written } from './clean-groups.ts'

const PARTITIONS = 3
const partition = fc.nat({ max: PARTITIONS - 1 })
const written = fc.record({
  partition,
  n: fc.integer({ min: 1, max: 30 }),
  end: fc.constantFrom<Written['end']>('none', 'commit', 'abort'),
})
const did = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ partition, act: fc.constant('read' as const), n: fc.integer({ min: 1, max: 25 }) }),
  },
  fc.record({ partition, act: fc.constantFrom('commit' as const, 'refused' as const) }),
  fc.record({ partition, act: fc.constant('handover' as const), to: fc.nat({ max: 3 }) }),
)
const worlds = fc.tuple(
  fc.array(written, { minLength: 1, maxLength: 30 }),
  fc.array<Did>(did, { maxLength: 40 }),
  fc.boolean(),
)

describe('a clean world of transactions and groups', () => {
  test('gives no finding, whatever its shape: a thousand of them', async () => {
    let handovers = 0
    let aborted = 0
    await fc.assert(
      fc.asyncProperty(worlds, async ([writes, acts, readsCommitted]) => {
        const { findings, complete, notes, truth } = await verifyHistory(
          cleanWorld(writes, acts, PARTITIONS, readsCommitted),
        )
        handovers += acts.filter(({ act }) => act === 'handover').length
        aborted += truth['aborted'] ?? 0
        expect({ findings, complete, notes }).toEqual({ findings: [], complete: true, notes: [] })
      }),
      { numRuns: 1000 },
    )
    expect(handovers).toBeGreaterThan(300)
    expect(aborted).toBeGreaterThan(1000)
  })

  test('read with the eyes of a group that asked for committed records only, one that saw aborted ones is found out', async () => {
    await fc.assert(
      fc.asyncProperty(worlds, async ([writes, acts]) => {
        const history = cleanWorld(writes, acts, PARTITIONS, false)
        const [group] = history.groups ?? []
        const groups = group ? [{ ...group, readsCommitted: true }] : []
        const { findings, truth } = await verifyHistory({ ...history, groups })
        const found = findings.map(({ anomaly, count }) => [anomaly, count])
        expect(found).toEqual(truth['aborted'] ? [['aborted yet read', truth['aborted']]] : [])
      }),
      { numRuns: 200 },
    )
  })
})
