// Looks whether anything stands between a reader's position and the end of a partition that it will be given a record for.
import { BatchReader } from '../protocol/batch.ts'
import { ClusterClient } from '../protocol/cluster.ts'
import { AbortedTransactions } from '../protocol/transactions.ts'
import type { TrialContext } from './context.ts'
import { fetchOnce } from './truth.ts'

const FETCH_BYTES = 65_536

/** Offsets that a group has not come to. */
export type Tail = { topic: string; partition: number; from: number; end: number; readsCommitted: boolean }

/** Over topics that are written in transactions; others are read to their very end. */
export class Tails implements AsyncDisposable {
  private readonly context: Pick<TrialContext, 'cluster' | 'security'>
  private readonly topics: readonly string[]
  private client: ClusterClient | undefined

  constructor(context: Pick<TrialContext, 'cluster' | 'security'>, topics: readonly string[]) {
    this.context = context
    this.topics = topics
  }

  has(topic: string): boolean {
    return this.topics.includes(topic)
  }

  /** True where some tail holds a record for its reader, or cannot be looked at. */
  async anyVisible(tails: readonly Tail[]): Promise<boolean> {
    if (tails.length === 0) return false
    try {
      this.client ??= await this.connect()
      for (const tail of tails) if (await isVisible(this.client, tail)) return true
      return false
    } catch {
      // The next look tells, with the leaders of then.
      await this.client?.refresh().catch(() => undefined)
      return true
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client?.close()
  }

  private connect(): Promise<ClusterClient> {
    const { cluster, security } = this.context
    return ClusterClient.connect({
      ...{ bootstrap: cluster.observerBootstrap, clientId: 'gauntlet-tails', topics: this.topics },
      ...(security ? { security } : {}),
    })
  }
}

async function isVisible(client: ClusterClient, tail: Tail): Promise<boolean> {
  const { topic, partition, end, readsCommitted } = tail
  for (let from = tail.from; from < end; ) {
    const fetched = await fetchOnce(client, topic, partition, from, readsCommitted, FETCH_BYTES)
    const aborted = new AbortedTransactions(fetched.aborted)
    const batch = new BatchReader().over(fetched.records)
    const before = from
    while (from < end && batch.next()) {
      const isHidden = readsCommitted ? aborted.hides(batch) : batch.isControl
      if (batch.lastOffset < from) continue
      if (!isHidden) return true
      from = batch.lastOffset + 1
    }
    // A transaction that is open keeps what lies behind it from those who read committed records.
    if (from === before) return true
  }
  return false
}
