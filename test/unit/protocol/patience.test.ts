// Admin calls are repeated where that helps and harms nothing, and end at their deadline.
import { describe, expect, it } from 'vitest'
import { HarnessError } from '../../../src/core/errors.ts'
import { CODES } from '../../../src/protocol/error-codes.ts'
import {
  AuthenticationFailed,
  BrokerError,
  ConnectionClosed,
  ProtocolError,
  RequestTimeout,
} from '../../../src/protocol/errors.ts'
import { type Patience, patiently } from '../../../src/protocol/patience.ts'

const read: Patience = { what: 'asking', deadlineMs: 2000, retries: 2, isRead: true }
const order: Patience = { ...read, isRead: false }

/** Fails with the given errors one after the other, then answers; says how often it was asked. */
async function run(patience: Patience, errors: Error[]): Promise<{ asked: number; outcome: unknown }> {
  let asked = 0
  const outcome = await patiently(patience, async () => {
    const error = errors[asked++]
    if (error) throw error
    return 'answer'
  }).catch((error: unknown) => error)
  return { asked, outcome }
}

const unwritten = new ConnectionClosed('refused', { maybeWritten: false })
const unknown = new ConnectionClosed('cut', { maybeWritten: true })
const late = new RequestTimeout('late')
const passing = new BrokerError(CODES.LEADER_NOT_AVAILABLE, 'x')

describe('a call', () => {
  it.each<[string, Patience, Error[], number]>([
    ['goes well', order, [], 1],
    ['finds no connection at first', order, [unwritten, unwritten], 3],
    ['that only reads is cut off', read, [unknown, late], 3],
    ['meets what passes by itself, more often than its retries', order, [passing, passing, passing, passing], 5],
  ])('that %s is answered', async (_, patience, errors, asked) => {
    expect(await run(patience, errors)).toEqual({ asked, outcome: 'answer' })
  })

  it.each<[string, Patience, Error[], number]>([
    ['finds no connection too often', read, [unwritten, unwritten, unwritten], 3],
    ['orders something and is cut off', order, [unknown], 1],
    ['orders something and has no answer', order, [late], 1],
    ['meets a broker that speaks nonsense', read, [new ProtocolError('?')], 1],
  ])('that %s fails as E307 with its cause', async (_, patience, errors, asked) => {
    const { asked: count, outcome } = await run(patience, errors)
    expect([count, (outcome as HarnessError).code]).toEqual([asked, 'E307'])
    expect(outcome).toMatchObject({ message: `asking: ${errors.at(-1)?.message}`, cause: errors.at(-1) })
  })

  it.each([new BrokerError(CODES.INVALID_CONFIG, 'x'), new AuthenticationFailed('no'), new Error('bug')])(
    'that meets "%s" fails with it at once',
    async error => expect(await run(read, [error])).toEqual({ asked: 1, outcome: error }),
  )

  it('without an answer ends at its deadline', async () => {
    const endless = patiently({ ...read, deadlineMs: 30 }, () => new Promise(() => undefined))
    await expect(endless).rejects.toMatchObject({ code: 'E307', message: 'asking had no answer within 0.03 s' })
  })

  it('whose trouble does not pass fails with it by its deadline', async () => {
    const startedMs = performance.now()
    const { asked, outcome } = await run({ ...read, deadlineMs: 200 }, Array(20).fill(passing))
    expect(outcome).toBe(passing)
    // After pauses of 50 and 100 ms the next one would end beyond the deadline; a slow machine asks less often.
    expect(asked).toBeLessThanOrEqual(3)
    expect(performance.now() - startedMs).toBeLessThan(5000)
  })
})
