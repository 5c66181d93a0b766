// The table of codes is Kafka's own, and what a broker says cannot garble a message.
import { describe, expect, it } from 'vitest'
import { CODES, codeRow, isSurelyNotWritten } from '../../../src/protocol/error-codes.ts'
import { BrokerError, shownText, throwIfError } from '../../../src/protocol/errors.ts'
import { goldenErrors } from './golden/golden.ts'

describe('codes', () => {
  it('are those of Kafka, all of them', () => {
    const ours = Object.values(CODES).map(code => {
      const { name, retriable, staleMetadata } = codeRow(code)
      return [code, name, retriable, staleMetadata]
    })
    expect(ours).toEqual(goldenErrors)
  })

  it('that are newer are nothing to rely on', () => {
    expect(codeRow(999)).toEqual({
      code: 999,
      name: 'UNKNOWN_CODE_999',
      retriable: false,
      staleMetadata: false,
      refused: 'never',
    })
  })

  it.each([
    ['NONE', -1, false],
    ['UNKNOWN_SERVER_ERROR', 1, false],
    ['REQUEST_TIMED_OUT', 1, false],
    ['NOT_ENOUGH_REPLICAS_AFTER_APPEND', -1, false],
    ['KAFKA_STORAGE_ERROR', 1, false],
    ['DUPLICATE_SEQUENCE_NUMBER', -1, false],
    ['NOT_ENOUGH_REPLICAS', -1, true],
    ['MESSAGE_TOO_LARGE', -1, true],
    ['OUT_OF_ORDER_SEQUENCE_NUMBER', -1, true],
    ['NOT_LEADER_OR_FOLLOWER', 1, true],
    ['NOT_LEADER_OR_FOLLOWER', 0, true],
    ['NOT_LEADER_OR_FOLLOWER', -1, false],
    ['UNKNOWN_TOPIC_OR_PARTITION', -1, false],
  ] as const)('%s at acks=%i proves that nothing was written: %s', (name, acks, proof) => {
    expect(isSurelyNotWritten(CODES[name], acks)).toBe(proof)
  })
})

describe('messages', () => {
  it('escape control characters and stay short', () => {
    expect(shownText('a\u001b[31mred\nline\u2028')).toBe('a\\u001b[31mred\\u000aline\\u2028')
    expect(shownText('\u0000'.repeat(1000))).toHaveLength(300)
  })

  it('name the code', () => {
    expect(() => throwIfError(0, 'anything')).not.toThrow()
    const error = new BrokerError(6, 'fetching t-0', 'x\ty')
    expect(error).toMatchObject({
      message: 'fetching t-0: NOT_LEADER_OR_FOLLOWER (x\\u0009y)',
      code: 6,
      retriable: true,
    })
    expect(() => throwIfError(29, 'reading')).toThrow(/reading: TOPIC_AUTHORIZATION_FAILED/)
  })
})
