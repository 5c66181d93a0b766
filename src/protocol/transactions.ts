// What read_committed leaves out: control batches, and the batches of transactions that the broker says were aborted.
import { type BatchReader } from './batch.ts'
import { RecordReader } from './records.ts'
import type { AbortedTransaction } from './requests/fetch.ts'

export type ControlType = 'abort' | 'commit' | 'other'

const CONTROL_TYPES: readonly ControlType[] = ['abort', 'commit']
const CONTROL_KEY_BYTES = 4
const TYPE_AT = 2

const reader = new RecordReader()

/** How the transaction of a control batch ended. */
export function controlTypeOf(batch: BatchReader): ControlType {
  reader.over(batch.bytes, batch.recordsAt, batch.end, batch.count)
  if (!reader.next() || reader.keyBytes < CONTROL_KEY_BYTES) return 'other'
  return CONTROL_TYPES[batch.bytes.readInt16BE(reader.keyAt + TYPE_AT)] ?? 'other'
}

/** Follows the batches of one fetched partition in order and knows which of them were aborted. */
export class AbortedTransactions {
  private readonly pending: AbortedTransaction[]
  private readonly open = new Set<number>()

  /** Takes what the broker listed beside the partition's records. */
  constructor(aborted: readonly AbortedTransaction[]) {
    this.pending = [...aborted].sort((a, b) => b.firstOffset - a.firstOffset)
  }

  /** True where a read_committed consumer must not see the batch; to be asked once for each batch, in order. */
  hides(batch: BatchReader): boolean {
    for (let next = this.pending.at(-1); next && next.firstOffset <= batch.lastOffset; next = this.pending.at(-1)) {
      this.open.add(next.producerId)
      this.pending.pop()
    }
    if (!batch.isControl) return batch.isTransactional && this.open.has(batch.producerId)
    if (controlTypeOf(batch) === 'abort') this.open.delete(batch.producerId)
    return true
  }
}
