// The answer to one partition decides alone about its batch; what is not proven unwritten may be written.
import { describe, expect, test } from 'vitest'
import { judgeAnswer, judgeFailure } from '../../../../src/drivers/wire/outcome.ts'
import { CODES, type CodeName } from '../../../../src/protocol/error-codes.ts'
import {
  AuthenticationFailed,
  ConnectionClosed,
  ProtocolError,
  RequestTimeout,
} from '../../../../src/protocol/errors.ts'

const answer = (name: CodeName, baseOffset = -1) => ({
  partition: 0,
  errorCode: CODES[name],
  baseOffset,
  logAppendTimeMs: -1,
  logStartOffset: 0,
  refusals: [],
  errorMessage: null,
})

describe('an answer', () => {
  test('without error is stored at its offset, where one is told', () => {
    expect(judgeAnswer(answer('NONE', 42), -1)).toEqual({ isStored: true, baseOffset: 42 })
    expect(judgeAnswer(answer('NONE'), -1)).toEqual({ isStored: true })
  })

  test('that the number was seen before is stored', () => {
    expect(judgeAnswer(answer('DUPLICATE_SEQUENCE_NUMBER'), -1)).toEqual({ isStored: true })
  })

  test.each<[CodeName, -1 | 1, boolean, boolean]>([
    ['NOT_LEADER_OR_FOLLOWER', -1, true, true],
    ['NOT_LEADER_OR_FOLLOWER', 1, true, false],
    ['NOT_ENOUGH_REPLICAS', -1, true, false],
    ['NOT_ENOUGH_REPLICAS_AFTER_APPEND', -1, true, true],
    ['REQUEST_TIMED_OUT', -1, true, true],
    ['MESSAGE_TOO_LARGE', -1, false, false],
    ['UNKNOWN_SERVER_ERROR', -1, false, true],
  ])('%s at acks=%d: retriable %s, maybe written %s', (name, acks, retriable, maybeWritten) => {
    const seen = { isStored: false, code: CODES[name], errorClass: name, retriable, maybeWritten }
    expect(judgeAnswer(answer(name), acks)).toMatchObject(seen)
  })

  test('that leaves the partition out proves nothing', () => {
    expect(judgeAnswer(undefined, -1)).toMatchObject({ isStored: false, retriable: false, maybeWritten: true })
  })
})

describe('no answer', () => {
  test.each([
    [new ConnectionClosed('gone', { maybeWritten: true }), 'ConnectionClosed', true, true],
    [new ConnectionClosed('refused', { maybeWritten: false }), 'ConnectionClosed', true, false],
    [new RequestTimeout('late'), 'RequestTimeout', true, true],
    [new ProtocolError('nonsense'), 'ProtocolError', false, true],
    [new AuthenticationFailed('who?'), 'AuthenticationFailed', false, false],
  ])('%s', (failure, errorClass, retriable, maybeWritten) => {
    expect(judgeFailure(failure)).toMatchObject({ errorClass, retriable, maybeWritten })
  })
})
