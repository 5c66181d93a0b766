// Whether a record may be stored after an error decides between "failed" and "unknown", so every class of error has its row.
import { createRequire } from 'node:module'
import { describe, expect, test } from 'vitest'
import { answerIn, mapError } from '../../../../src/drivers/kafkajs/errors.ts'

type ErrorClass = new (...args: unknown[]) => Error
const errors = createRequire(import.meta.url)('kafkajs/src/errors.js') as Record<string, ErrorClass>
const { createErrorFromCode } = createRequire(import.meta.url)('kafkajs/src/protocol/error.js') as {
  createErrorFromCode: (code: number) => Error
}

const make = (name: string, ...args: unknown[]): Error => {
  const found = errors[name]
  if (!found) throw new Error(`kafkajs has no ${name}`)
  return new found(...args)
}

describe('answers of a broker to a produce request', () => {
  // Kafka's own error codes; retriable as Java has it, written as far as the answer proves.
  test.each<[number, string, boolean, boolean]>([
    [2, 'CORRUPT_MESSAGE', true, false],
    [3, 'UNKNOWN_TOPIC_OR_PARTITION', true, true],
    [5, 'LEADER_NOT_AVAILABLE', true, true],
    [6, 'NOT_LEADER_FOR_PARTITION', true, true],
    [7, 'REQUEST_TIMED_OUT', true, true],
    [10, 'MESSAGE_TOO_LARGE', false, false],
    [18, 'RECORD_LIST_TOO_LARGE', false, false],
    [19, 'NOT_ENOUGH_REPLICAS', true, false],
    [20, 'NOT_ENOUGH_REPLICAS_AFTER_APPEND', true, true],
    [21, 'INVALID_REQUIRED_ACKS', false, false],
    [29, 'TOPIC_AUTHORIZATION_FAILED', false, true],
    [45, 'OUT_OF_ORDER_SEQUENCE_NUMBER', false, false],
    [56, 'KAFKA_STORAGE_ERROR', true, true],
  ])('%i is %s: retriable %s, maybe written %s', (code, errorClass, retriable, maybeWritten) => {
    expect(mapError(createErrorFromCode(code))).toMatchObject({ errorClass, retriable, maybeWritten })
  })
})

describe('errors of the client', () => {
  test.each<[string, Error, string, boolean]>([
    ['a connection refused', make('KafkaJSConnectionError', 'refused', { code: 'ECONNREFUSED' }), 'Connection', true],
    [
      'a connection closed',
      make('KafkaJSConnectionClosedError', 'closed', { host: 'h', port: 1 }),
      'ConnectionClosed',
      true,
    ],
    ['a request timed out', make('KafkaJSRequestTimeoutError', 'slow', {}), 'RequestTimeout', true],
    ['no metadata', make('KafkaJSMetadataNotLoaded', 'none'), 'MetadataNotLoaded', true],
    ['no such broker', make('KafkaJSBrokerNotFound', 'none'), 'BrokerNotFound', true],
    ['a lock not got', make('KafkaJSLockTimeout', 'lock'), 'LockTimeout', true],
    ['a refused login', make('KafkaJSSASLAuthenticationError', 'no'), 'SASLAuthentication', false],
    ['a bug', new TypeError('x is not a function'), 'Type', false],
  ])('%s', (_, error, errorClass, retriable) => {
    // Nothing of these proves that the bytes did not arrive; the driver knows whether any were handed over.
    expect(mapError(error)).toMatchObject({ errorClass, retriable, maybeWritten: true })
  })

  test('the error inside the retrier’s is the one that counts', () => {
    const inner = createErrorFromCode(19)
    const outer = make('KafkaJSNumberOfRetriesExceeded', inner, { retryCount: 1, retryTime: 5 })
    expect(mapError(outer)).toEqual(mapError(inner))
    expect(mapError(make('KafkaJSNonRetriableError', outer, { cause: outer }))).toEqual(mapError(inner))
  })

  test('the first of an aggregate counts', () => {
    expect(mapError(make('KafkaJSAggregateError', 'many', [createErrorFromCode(10), new Error('b')]))).toMatchObject({
      errorClass: 'MESSAGE_TOO_LARGE',
    })
  })

  test('a plain error has a class of its own, and never an empty one', () => {
    const refused = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' })
    expect(mapError(refused).errorClass).toBe('ECONNREFUSED')
    expect(mapError(new Error('x')).errorClass).toBe('error')
    expect(mapError('text')).toEqual({ errorClass: 'error', message: 'text', retriable: false, maybeWritten: true })
  })

  test('a long message is cut', () => {
    expect(mapError(new Error('m'.repeat(1000))).message).toHaveLength(300)
  })

  test('an endless chain of causes comes to an end', () => {
    const error: Error & { cause?: unknown } = new Error('loop')
    error.cause = error
    expect(mapError(error).message).toBe('loop')
  })
})

test('a refused commit is told by what the broker answered, however often it was wrapped', () => {
  const answer = createErrorFromCode(25)
  const wrapped = make('KafkaJSNonRetriableError', answer, { cause: answer })
  expect(answerIn(wrapped)).toBe(answer)
  expect(answerIn(answer)).toBe(answer)
  expect(answerIn('no error')).toBe('no error')
})
