// Records in the client's form, shared by both of its producers.
import type { PendingBatch, RecordFactory } from '../driver.ts'
import { makeValues } from '../values.ts'
import type { Message } from './client.ts'

const headerKeys = new Map<string, Buffer>()

/** The client takes names of headers as bytes; there are few of them. */
function headerKey(name: string): Buffer {
  const known = headerKeys.get(name)
  if (known) return known
  const key = Buffer.from(name)
  headerKeys.set(name, key)
  return key
}

type Headers = Map<Buffer, Buffer>

function headersOf(headers: Record<string, Buffer>): Headers {
  return new Map(Object.entries(headers).map(([name, value]) => [headerKey(name), value]))
}

/** Makes messages of batches; a partition is named where the harness has chosen it. */
export function makeMessages(
  record: RecordFactory,
): (topic: string, batch: PendingBatch, isPlaced: boolean) => Message[] {
  const valuesOf = makeValues(record)
  const constant = record.uniform?.headers && headersOf(record.uniform.headers)
  return (topic, batch, isPlaced) =>
    valuesOf(batch).map((value, at) => {
      const message: Message = isPlaced ? { topic, partition: batch.partition, value } : { topic, value }
      if (record.uniform) {
        if (constant) message.headers = constant
        return message
      }
      const key = record.key(batch, at)
      if (key) message.key = key
      const headers = record.headers(batch, at)
      if (headers) message.headers = headersOf(headers)
      return message
    })
}
