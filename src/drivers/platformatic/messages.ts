// Records in the client's form, shared by both of its producers.
import type { PendingBatch, RecordFactory } from '../driver.ts'
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

/** Record `at` of a batch, without a partition. */
export function messageOf(record: RecordFactory, topic: string, batch: PendingBatch, at: number): Message {
  const message: Message = { topic, value: record.value(batch, at) }
  const key = record.key(batch, at)
  if (key) message.key = key
  const headers = record.headers(batch, at)
  if (headers) message.headers = new Map(Object.entries(headers).map(([name, value]) => [headerKey(name), value]))
  return message
}
