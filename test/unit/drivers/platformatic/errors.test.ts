// What a failed call of @platformatic/kafka means for each partition, from trees of errors in the client's own shapes.
import { describe, expect, test } from 'vitest'
import { outcomeOf } from '../../../../src/drivers/platformatic/errors.ts'

/** The client's marks of an error, which its classes put on as own fields. */
const error = (message: string, fields: object = {}): Error => Object.assign(new Error(message), fields)
class NetworkError extends Error {
  canRetry = true
}
class TimeoutError extends Error {
  canRetry = true
}
const several = (...errors: Error[]): Error =>
  Object.assign(new AggregateError(errors, 'several'), { canRetry: undefined })
const answered = (partitions: [index: number, errorCode: number, baseOffset: bigint][]): Error =>
  error('Received response with error', {
    errors: [error('inner')],
    response: {
      responses: [
        {
          name: 't',
          partitionResponses: partitions.map(([index, errorCode, baseOffset]) => ({
            index,
            errorCode,
            baseOffset,
            errorMessage: null,
          })),
        },
      ],
    },
  })

describe('an answered request', () => {
  const thrown = several(
    answered([
      [0, 0, 7n],
      [1, 10, -1n],
      [2, 6, -1n],
      [3, 19, -1n],
    ]),
  )

  test('acknowledges the partitions that it stored, whatever became of the others', () => {
    expect(outcomeOf(thrown, 't', 0, true)).toEqual({ acked: true, baseOffset: 7 })
  })

  test('refuses for good what is too large, and it is surely not stored', () => {
    expect(outcomeOf(thrown, 't', 1, true)).toMatchObject({
      errorClass: 'MESSAGE_TOO_LARGE',
      retriable: false,
      maybeWritten: false,
    })
  })

  test('of a leader that lost its place may be stored all the same, and may be tried again', () => {
    expect(outcomeOf(thrown, 't', 2, true)).toMatchObject({
      errorClass: 'NOT_LEADER_OR_FOLLOWER',
      retriable: true,
      maybeWritten: true,
    })
  })

  test('for too few replicas is surely not stored, and may be tried again', () => {
    expect(outcomeOf(thrown, 't', 3, true)).toMatchObject({
      errorClass: 'NOT_ENOUGH_REPLICAS',
      retriable: true,
      maybeWritten: false,
    })
  })
})

describe('several attempts of one call', () => {
  test('a refusal after a lost connection leaves open what the first attempt did', () => {
    const thrown = several(new NetworkError('Connection closed'), answered([[0, 45, -1n]]))
    expect(outcomeOf(thrown, 't', 0, true)).toMatchObject({
      errorClass: 'OUT_OF_ORDER_SEQUENCE_NUMBER',
      maybeWritten: true,
    })
  })

  test('one that was acknowledged in any attempt is stored', () => {
    const thrown = several(
      answered([
        [0, 0, 3n],
        [1, 7, -1n],
      ]),
      new TimeoutError('Request timed out'),
    )
    expect(outcomeOf(thrown, 't', 0, true)).toEqual({ acked: true, baseOffset: 3 })
  })

  test('what another broker took is acknowledged', () => {
    const thrown = Object.assign(several(new NetworkError('Connection closed')), {
      produced: { offsets: [{ topic: 't', partition: 4, offset: 9n }] },
    })
    expect(outcomeOf(thrown, 't', 4, true)).toEqual({ acked: true, baseOffset: 9 })
    expect(outcomeOf(thrown, 't', 5, true)).toMatchObject({ acked: false, maybeWritten: true })
  })
})

describe('no answer', () => {
  test.each([
    [new TimeoutError('Request timed out'), 'RequestTimeout', true],
    [new TimeoutError('Connection to a:1 timed out.'), 'ConnectionTimeout', true],
    [new NetworkError('Connection closed'), 'Network', true],
    [error('Unknown topic t.', { canRetry: false }), 'error', true],
    [error('nonsense', { canRetry: false }), 'error', false],
  ])('%s: class %s, may be tried again: %s', (thrown, errorClass, retriable) => {
    expect(outcomeOf(thrown, 't', 0, true)).toMatchObject({ errorClass, retriable, maybeWritten: true })
  })

  test('is surely not stored where no request reached a socket', () => {
    expect(outcomeOf(new NetworkError('Connection to a:1 failed.'), 't', 0, false)).toMatchObject({
      retriable: true,
      maybeWritten: false,
    })
  })
})
