// The batches of each partition, and which partitions have some to send: lists and flags, because a map or set that is added to and deleted from is made anew every few batches, and one old table that was promoted keeps all later ones from the collector.
import type { PendingBatch } from '../drivers/driver.ts'

/** A batch on its way, with the leader it was sent to. */
export type Sent = { batch: PendingBatch; leader: number }

export type Queue = {
  readonly topic: number
  readonly partition: number
  /** In the order in which they are to be sent. */
  readonly batches: PendingBatch[]
  nextSeq: number
  muted: boolean
  /** Listed among those that have batches to send. */
  isActive: boolean
  readonly inFlight: Sent[]
}

export function emptyQueue(topic: number, partition: number): Queue {
  return { topic, partition, batches: [], nextSeq: 0, muted: false, isActive: false, inFlight: [] }
}

/** Batches without an outcome yet, in the order in which they were begun. */
export function batchesIn(queues: readonly Queue[]): PendingBatch[] {
  const all = queues.flatMap(({ inFlight, batches }) => [...inFlight.map(({ batch }) => batch), ...batches])
  return all.sort((a, b) => a.createdUs - b.createdUs)
}

/** Takes a batch off those on their way; false where it is none of them. */
export function takeBack({ inFlight }: Queue, batch: PendingBatch): boolean {
  const place = inFlight.findIndex(sent => sent.batch === batch)
  if (place >= 0) inFlight.splice(place, 1)
  return place >= 0
}

/** Those that have batches to send, in the order in which they got some. */
export class ActiveQueues {
  readonly list: Queue[] = []

  add(queue: Queue): void {
    if (queue.isActive) return
    queue.isActive = true
    this.list.push(queue)
  }

  /** Drops those that have none left. */
  retire(): void {
    const { list } = this
    let kept = 0
    for (const queue of list) {
      queue.isActive = queue.batches.length > 0
      if (queue.isActive) list[kept++] = queue
    }
    list.length = kept
  }
}
