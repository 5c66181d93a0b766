// Reads a topic to its end and says what stands there: a bench whose records are missing or doubled prints no rate.

import { ClusterAdmin } from '../../src/protocol/admin.ts'
import { BatchReader } from '../../src/protocol/batch.ts'
import { ClusterClient } from '../../src/protocol/cluster.ts'
import { RecordReader } from '../../src/protocol/records.ts'
import { fetchV11 } from '../../src/protocol/requests/fetch.ts'
import { FLAG_PROBE, readEnvelope } from '../../src/record/envelope.ts'

export type Truth = { records: number; missing: number; doubled: number }

const MAX_FETCH_BYTES = 16 * 1024 * 1024

/** One partition: which sequence numbers stand there, in whatever order the client sent them. */
class Walk {
  records = 0
  doubled = 0
  private seen = new Uint8Array(1 << 20)
  private end = 0
  private readonly batch = new BatchReader()
  private readonly record = new RecordReader()

  get missing(): number {
    return this.end - (this.records - this.doubled)
  }

  /** Returns the offset behind the last whole batch. */
  over(records: Buffer, from: number, isStamped: boolean): number {
    let next = from
    this.batch.over(records)
    while (this.batch.next()) {
      if (!this.batch.crcMatches()) throw new Error(`the batch at offset ${this.batch.baseOffset} is damaged`)
      next = this.batch.lastOffset + 1
      if (isStamped) this.follow()
      else this.records += this.batch.count
    }
    return next
  }

  private follow(): void {
    const { batch, record } = this
    record.over(batch.bytes, batch.recordsAt, batch.end, batch.count)
    while (record.next()) {
      const reading = readEnvelope(record.value() ?? Buffer.alloc(0))
      if (!reading.ok) throw new Error(`a record behind offset ${batch.baseOffset} has no envelope`)
      const { flags, sequence } = reading.envelope
      if (flags & FLAG_PROBE) continue
      this.records++
      this.take(sequence)
    }
  }

  private take(sequence: number): void {
    if (sequence >= this.seen.length) {
      const wider = new Uint8Array(Math.max(2 * this.seen.length, sequence + 1))
      wider.set(this.seen)
      this.seen = wider
    }
    if (this.seen[sequence] === 1) this.doubled++
    this.seen[sequence] = 1
    this.end = Math.max(this.end, sequence + 1)
  }
}

/** Reads every partition; without envelopes records are only counted. */
export async function readTruth(brokers: readonly string[], topic: string, isStamped: boolean): Promise<Truth> {
  const admin = await ClusterAdmin.connect({ brokers })
  const ends = (await admin.offsets(topic)).latest
  await admin.close()
  const cluster = await ClusterClient.connect({ bootstrap: brokers, clientId: 'bench-truth', topics: [topic] })
  const truth = { records: 0, missing: 0, doubled: 0 }
  for (const [partition, end] of ends.entries()) {
    const walk = new Walk()
    const connection = await cluster.connection(cluster.leaderOf(topic, partition)?.broker ?? -1, 'fetch')
    for (let next = 0; next < end; ) {
      const place = { partition, leaderEpoch: -1, fetchOffset: next, maxBytes: MAX_FETCH_BYTES }
      const { topics } = await connection.request(fetchV11, {
        ...{ maxWaitMs: 100, minBytes: 1, maxBytes: MAX_FETCH_BYTES, readCommitted: false, rackId: '' },
        ...{ sessionId: 0, sessionEpoch: -1, forgotten: [], topics: [{ name: topic, partitions: [place] }] },
      })
      next = walk.over(topics[0]?.partitions[0]?.records ?? Buffer.alloc(0), next, isStamped)
    }
    truth.records += walk.records
    truth.missing += isStamped ? walk.missing : 0
    truth.doubled += walk.doubled
  }
  await cluster.close()
  return truth
}
