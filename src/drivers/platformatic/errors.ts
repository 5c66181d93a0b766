// Reads the client's trees of errors: what each partition was answered in every attempt, or why there was no answer.
import { protocolErrors, protocolErrorsCodesById } from './client.ts'

export type MappedError = { errorClass: string; message: string; retriable: boolean; maybeWritten: boolean }

type PartitionAnswer = { index: number; errorCode: number; baseOffset: bigint; errorMessage: string | null }
/** Answers to other requests than Produce have no such partitions. */
type ProduceResponse = { responses: { name: string; partitionResponses?: PartitionAnswer[] }[] }
type ClientError = Error & {
  errors?: unknown[]
  response?: ProduceResponse
  canRetry?: boolean
  produced?: { offsets?: { topic: string; partition: number; offset: bigint }[] }
}

/**
 * Answers given before anything is appended. NOT_LEADER_OR_FOLLOWER, UNKNOWN_TOPIC_OR_PARTITION and KAFKA_STORAGE_ERROR
 * are not among them: a leader that loses its place while it waits for replicas answers so after it appended.
 */
const SURELY_REFUSED = new Set([
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
  'INVALID_REQUIRED_ACKS',
  'INVALID_TIMESTAMP',
  'INVALID_TOPIC_EXCEPTION',
  'NOT_ENOUGH_REPLICAS',
  'CORRUPT_MESSAGE',
  'UNSUPPORTED_FOR_MESSAGE_FORMAT',
  'UNSUPPORTED_COMPRESSION_TYPE',
  'POLICY_VIOLATION',
  'OUT_OF_ORDER_SEQUENCE_NUMBER',
  'INVALID_PRODUCER_EPOCH',
  'INVALID_RECORD',
  'TOPIC_AUTHORIZATION_FAILED',
  'CLUSTER_AUTHORIZATION_FAILED',
])

/** The errors of all attempts and brokers in their order; an answered request is one of them, with its answers. */
function leavesOf(thrown: unknown, depth = 0): ClientError[] {
  const error = (thrown instanceof Error ? thrown : new Error(String(thrown))) as ClientError
  if (error.response?.responses || !error.errors?.length || depth > 8) return [error]
  return error.errors.flatMap(inner => leavesOf(inner, depth + 1))
}

function answerOf(error: ClientError, topic: string, partition: number): PartitionAnswer | undefined {
  return error.response?.responses
    .find(({ name }) => name === topic)
    ?.partitionResponses?.find(({ index }) => index === partition)
}

const codeName = (code: number): string => protocolErrorsCodesById[code] ?? `error ${code}`

/** A class to count errors by, from one that no broker's answer explains. */
function localClass(error: ClientError): string {
  const name = error.constructor.name.replace(/Error$/, '')
  if (name !== 'Timeout') return name === '' ? 'error' : name
  return error.message === 'Request timed out' ? 'RequestTimeout' : 'ConnectionTimeout'
}

export type Outcome = { acked: true; baseOffset: number } | ({ acked: false } & MappedError)

/** What a failed call means for one partition; where `written` is false, no request of it reached a socket. */
export function outcomeOf(thrown: unknown, topic: string, partition: number, written: boolean): Outcome {
  const produced = (thrown as ClientError).produced?.offsets?.find(
    entry => entry.topic === topic && entry.partition === partition,
  )
  if (produced) return { acked: true, baseOffset: Number(produced.offset) }
  const leaves = leavesOf(thrown)
  const answers = leaves.flatMap(leaf => answerOf(leaf, topic, partition) ?? [])
  const stored = answers.find(({ errorCode }) => errorCode === 0)
  if (stored) return { acked: true, baseOffset: Number(stored.baseOffset) }
  const answer = answers.at(-1)
  const refusals = answers.filter(({ errorCode }) => SURELY_REFUSED.has(codeName(errorCode)))
  const maybeWritten = written && refusals.length < leaves.length
  if (answer) {
    const errorClass = codeName(answer.errorCode)
    return {
      acked: false,
      errorClass,
      message: (answer.errorMessage ?? protocolErrors[errorClass]?.message ?? errorClass).slice(0, 300),
      retriable: protocolErrors[errorClass]?.canRetry === true,
      maybeWritten,
    }
  }
  const last = leaves.at(-1) as ClientError
  // A topic that metadata does not show yet, or no more, may come with the next look.
  const retriable = last.canRetry === true || last.message.startsWith('Unknown topic')
  return { acked: false, errorClass: localClass(last), message: last.message.slice(0, 300), retriable, maybeWritten }
}

/** True where every attempt was answered, and every answer refused its partition before anything was appended. */
export function isSurelyRefused(thrown: unknown): boolean {
  if ((thrown as ClientError).produced?.offsets?.length) return false
  return leavesOf(thrown).every(({ response }) => {
    const answers = response?.responses.flatMap(({ partitionResponses }) => partitionResponses ?? []) ?? []
    return answers.length > 0 && answers.every(({ errorCode }) => SURELY_REFUSED.has(codeName(errorCode)))
  })
}

/** An error of a group member or of its stream. */
export function mapError(thrown: unknown): { errorClass: string; message: string } {
  const last = leavesOf(thrown).at(-1) as ClientError & { apiId?: string }
  const refused = last.response?.responses
    ?.flatMap(({ partitionResponses }) => partitionResponses ?? [])
    .find(({ errorCode }) => errorCode !== 0)
  const errorClass = last.apiId ?? (refused ? codeName(refused.errorCode) : localClass(last))
  return { errorClass, message: last.message.slice(0, 300) }
}
