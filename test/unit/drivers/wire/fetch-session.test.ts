// Whatever is lost, restarted or evicted between reader and broker, an accepted fetch must be about exactly what the reader wants.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ReadPartition } from '../../../../src/drivers/wire/assignment.ts'
import { FetchSession, type SessionRequest } from '../../../../src/drivers/wire/fetch-session.ts'
import { CODES } from '../../../../src/protocol/error-codes.ts'

const MAX_BYTES = 1000
const partitionOf = (n: number): ReadPartition => {
  return { topic: n % 2, name: `t${n % 2}`, partition: n >> 1, fetchOffset: 0, leaderEpoch: 5, leader: 0 }
}

/** A broker as KIP-227 describes it: it keeps what it was told, and answers about all of it. */
class ModelBroker {
  private nextId = 1
  private sessions = new Map<number, { epoch: number; offsets: Map<string, string> }>()
  hasRoom = true

  restart(): void {
    this.sessions.clear()
    this.nextId += 100
  }

  /** The answer's head, and what the fetch was about. */
  answer({ sessionId, sessionEpoch, topics, forgotten }: SessionRequest): {
    errorCode: number
    sessionId: number
    offsets: Map<string, string>
  } {
    const none = new Map<string, string>()
    const session = this.sessions.get(sessionId)
    const told = topics.flatMap(({ name, partitions }) =>
      partitions.map(row => [`${name}-${row.partition}`, `${row.fetchOffset} in ${row.leaderEpoch}`] as const),
    )
    if (sessionEpoch === 0) {
      this.sessions.delete(sessionId)
      if (!this.hasRoom) return { errorCode: 0, sessionId: 0, offsets: new Map(told) }
      const id = this.nextId++
      this.sessions.set(id, { epoch: 1, offsets: new Map(told) })
      return { errorCode: 0, sessionId: id, offsets: new Map(told) }
    }
    if (!session) return { errorCode: CODES.FETCH_SESSION_ID_NOT_FOUND, sessionId: 0, offsets: none }
    if (session.epoch !== sessionEpoch)
      return { errorCode: CODES.INVALID_FETCH_SESSION_EPOCH, sessionId: 0, offsets: none }
    session.epoch++
    for (const { name, partitions } of forgotten)
      for (const partition of partitions) session.offsets.delete(`${name}-${partition}`)
    for (const [place, row] of told) session.offsets.set(place, row)
    return { errorCode: 0, sessionId, offsets: session.offsets }
  }
}

const step = fc.oneof(
  fc.record({ kind: fc.constant('advance' as const), n: fc.nat({ max: 5 }) }),
  fc.record({ kind: fc.constant('elect' as const), n: fc.nat({ max: 5 }) }),
  fc.record({ kind: fc.constant('toggle' as const), n: fc.nat({ max: 5 }) }),
  fc.record({ kind: fc.constantFrom('fetch' as const, 'fetch' as const, 'loseRequest' as const), n: fc.constant(0) }),
  fc.record({ kind: fc.constantFrom('loseAnswer' as const, 'restart' as const, 'room' as const), n: fc.constant(0) }),
)

describe('a fetch session', () => {
  test('is about what is wanted whenever the broker accepts it, and comes back after any trouble', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), steps => {
        const all = Array.from({ length: 6 }, (_, n) => partitionOf(n))
        const wanted = new Set(all.slice(0, 3))
        const broker = new ModelBroker()
        const session = new FetchSession(MAX_BYTES)
        const fetch = (): boolean => {
          const answer = broker.answer(session.next(wanted))
          const isAccepted = session.accept(answer.errorCode, answer.sessionId)
          if (isAccepted) {
            const rows = [...wanted].map(p => [`${p.name}-${p.partition}`, `${p.fetchOffset} in ${p.leaderEpoch}`])
            expect(Object.fromEntries(answer.offsets)).toEqual(Object.fromEntries(rows))
            for (const partition of wanted) expect(session.isCurrent(partition)).toBe(true)
          }
          return isAccepted
        }
        for (const { kind, n } of steps) {
          const partition = all[n] as ReadPartition
          if (kind === 'advance') {
            partition.fetchOffset += 7
            if (wanted.has(partition)) expect(session.isCurrent(partition)).toBe(false)
          } else if (kind === 'elect') partition.leaderEpoch++
          else if (kind === 'toggle' && wanted.has(partition)) wanted.delete(partition)
          else if (kind === 'toggle') wanted.add(partition)
          else if (kind === 'restart') broker.restart()
          else if (kind === 'room') broker.hasRoom = !broker.hasRoom
          else if (kind === 'fetch') fetch()
          else {
            const request = session.next(wanted)
            if (kind === 'loseAnswer') broker.answer(request)
            session.fail()
          }
        }
        expect(fetch() || fetch()).toBe(true)
      }),
      { numRuns: 500 },
    )
  })

  test('lists everything once, then what moved, then what is to be forgotten', () => {
    const [a, b, c] = [partitionOf(0), partitionOf(2), partitionOf(1)]
    const wanted = new Set([a, b, c])
    const session = new FetchSession(MAX_BYTES)
    const row = (partition: number, fetchOffset: number) => {
      return { partition, leaderEpoch: 5, fetchOffset, maxBytes: MAX_BYTES }
    }
    expect(session.next(wanted)).toEqual({
      sessionId: 0,
      sessionEpoch: 0,
      topics: [
        { name: 't0', partitions: [row(0, 0), row(1, 0)] },
        { name: 't1', partitions: [row(0, 0)] },
      ],
      forgotten: [],
    })
    session.accept(0, 77)
    b.fetchOffset = 30
    const topics = [{ name: 't0', partitions: [row(1, 30)] }]
    expect(session.next(wanted)).toEqual({ sessionId: 77, sessionEpoch: 1, topics, forgotten: [] })
    session.accept(0, 77)
    wanted.delete(c)
    const forgotten = [{ name: 't1', partitions: [0] }]
    expect(session.next(wanted)).toEqual({ sessionId: 77, sessionEpoch: 2, topics: [], forgotten })
  })

  test('closes the old session where it knows one, and only there', () => {
    const session = new FetchSession(MAX_BYTES)
    const head = () => {
      const { sessionId, sessionEpoch } = session.next(new Set())
      return [sessionId, sessionEpoch]
    }
    session.next(new Set())
    session.accept(0, 9)
    expect(head()).toEqual([9, 1])
    expect(session.accept(CODES.INVALID_FETCH_SESSION_EPOCH, 0)).toBe(false)
    expect(head()).toEqual([9, 0])
    session.accept(0, 10)
    expect(head()).toEqual([10, 1])
    expect(session.accept(CODES.FETCH_SESSION_ID_NOT_FOUND, 0)).toBe(false)
    expect(head()).toEqual([0, 0])
    session.accept(0, 11)
    expect(head()).toEqual([11, 1])
    session.fail()
    expect(head()).toEqual([11, 0])
  })
})
