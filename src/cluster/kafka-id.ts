// Random ids in Kafka's own form, for clusters and directories.
import { randomBytes } from 'node:crypto'

const ID_BYTES = 16

/** 16 random bytes as base64url; one that begins with a dash would read as an option to Kafka's tools. */
export function newKafkaId(): string {
  for (;;) {
    const id = randomBytes(ID_BYTES).toString('base64url')
    if (!id.startsWith('-')) return id
  }
}
