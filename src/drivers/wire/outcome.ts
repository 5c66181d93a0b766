// What a broker's answer about one partition, or the lack of one, says about its batch.
import { CODES, codeRow, isSurelyNotWritten } from '../../protocol/error-codes.ts'
import { AuthenticationFailed, ProtocolError, shownText, type WireFailure } from '../../protocol/errors.ts'
import type { ProducedPartition } from '../../protocol/requests/produce.ts'

export type AttemptError = {
  code?: number
  errorClass: string
  message: string
  retriable: boolean
  maybeWritten: boolean
}
/** Undefined offset where the broker gave none. */
export type Attempt = { isStored: true; baseOffset?: number } | ({ isStored: false } & AttemptError)

/** Judges the answer to one partition; a sequence number that was seen before is a batch that stands in the log. */
export function judgeAnswer(answer: ProducedPartition | undefined, acks: number): Attempt {
  if (!answer) {
    const message = 'the answer does not name this partition'
    return { isStored: false, errorClass: 'noAnswer', message, retriable: false, maybeWritten: true }
  }
  const { errorCode: code, baseOffset } = answer
  if (code === CODES.NONE) return { isStored: true, ...(baseOffset >= 0 ? { baseOffset } : {}) }
  if (code === CODES.DUPLICATE_SEQUENCE_NUMBER) return { isStored: true }
  const row = codeRow(code)
  return {
    isStored: false,
    code,
    errorClass: row.name,
    message: shownText(answer.errorMessage ?? row.name),
    retriable: row.retriable,
    maybeWritten: !isSurelyNotWritten(code, acks),
  }
}

/** Judges a request that got no answer; another attempt may help unless the broker refuses us or speaks nonsense. */
export function judgeFailure(failure: WireFailure): AttemptError {
  return {
    errorClass: failure.name,
    message: failure.message,
    retriable: !(failure instanceof AuthenticationFailed || failure instanceof ProtocolError),
    maybeWritten: failure.maybeWritten,
  }
}
