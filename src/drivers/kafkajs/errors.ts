// Maps kafkajs errors to what the harness must know: a class to count, whether to retry, and whether the record may be stored.

export type MappedError = { errorClass: string; message: string; retriable: boolean; maybeWritten: boolean }

type KafkaJsError = Error & {
  type?: string
  code?: number | string
  retriable?: boolean
  cause?: unknown
  originalError?: unknown
  errors?: unknown[]
}

/**
 * Answers that only a produce request gets, and that are given before anything is appended. NOT_LEADER_FOR_PARTITION,
 * UNKNOWN_TOPIC_OR_PARTITION and KAFKA_STORAGE_ERROR are not among them: a leader that loses its place while it waits
 * for replicas answers so after it appended. LEADER_NOT_AVAILABLE and authorisation errors may come from the metadata
 * that kafkajs reads after a failed request, and then hide what became of it.
 */
const SURELY_REFUSED = new Set([
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
  'INVALID_REQUIRED_ACKS',
  'NOT_ENOUGH_REPLICAS',
  'CORRUPT_MESSAGE',
  'UNSUPPORTED_FOR_MESSAGE_FORMAT',
  'POLICY_VIOLATION',
  'OUT_OF_ORDER_SEQUENCE_NUMBER',
  'INVALID_RECORD',
])
/** Answers after which every further batch under the same producer id would be answered alike. */
const SEQUENCE_LOST = new Set(['OUT_OF_ORDER_SEQUENCE_NUMBER', 'UNKNOWN_PRODUCER_ID', 'INVALID_PRODUCER_EPOCH'])
/** kafkajs calls a lock that it did not get in time final; the next attempt may get it. */
const RETRIABLE_NAMES = new Set(['KafkaJSLockTimeout'])

function innermost(error: KafkaJsError): KafkaJsError {
  let at = error
  for (let depth = 0; depth < 8; depth++) {
    const inner = (at.errors?.[0] ?? at.cause ?? at.originalError) as KafkaJsError | undefined
    if (!(inner instanceof Error)) return at
    at = inner
  }
  return at
}

/** What the broker answered, without what kafkajs wraps around it: a consumer joins its group anew only where it sees the answer itself. */
export const answerIn = (thrown: unknown): unknown => (thrown instanceof Error ? innermost(thrown) : thrown)

/** Maps an error of one attempt whose bytes were handed to a socket; where none were, nothing can be written, whatever the error says. */
export function mapError(thrown: unknown): MappedError {
  const error = innermost(thrown instanceof Error ? (thrown as KafkaJsError) : new Error(String(thrown)))
  const name = error.name.replace(/^KafkaJS/, '').replace(/Error$/, '')
  return {
    errorClass: error.type ?? (name || (error.code === undefined ? 'error' : String(error.code))),
    message: error.message.slice(0, 300),
    retriable: error.retriable === true || RETRIABLE_NAMES.has(error.name),
    maybeWritten: error.type === undefined || !SURELY_REFUSED.has(error.type),
  }
}

export const isSequenceLost = ({ errorClass }: MappedError): boolean => SEQUENCE_LOST.has(errorClass)
