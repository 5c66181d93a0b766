// Who reads what without a consumer group: member w of W takes the partitions p ≡ w (mod W) of every topic.
import type { TopicHandle } from '../driver.ts'

/** A partition as its reader keeps it; the object itself stands for the partition wherever it is kept. */
export type ReadPartition = {
  /** Position of the topic among the reader's topics. */
  readonly topic: number
  readonly name: string
  readonly partition: number
  /** What the next fetch asks for. */
  fetchOffset: number
  leaderEpoch: number
  /** Who led it in that epoch, which brokers hold every fetch against; -1 while nobody is known to. */
  leader: number
}

export function assign(topics: readonly TopicHandle[], member: number, members: number): ReadPartition[] {
  return topics.flatMap(({ name, partitions }, topic) =>
    Array.from({ length: partitions }, (_, partition) => partition)
      .filter(partition => partition % members === member)
      .map(partition => ({ topic, name, partition, fetchOffset: -1, leaderEpoch: -1, leader: -1 })),
  )
}
