// Which record of the target each record of an input partition becomes: the same for whoever writes it, so that what was transformed twice is there twice.

/** Of the record `at` places behind its partition's first: consecutive ones go to all partitions in turn. */
export const outputOf = (at: number, partitions: number): { partition: number; sequence: number } => ({
  partition: at % partitions,
  sequence: Math.floor(at / partitions),
})

/** What `n` records from place `at` on become, as one stretch of sequences per partition. */
export function outputsOf(at: number, n: number, partitions: number): { partition: number; seq0: number; n: number }[] {
  return Array.from({ length: partitions }, (_, partition) => {
    const seq0 = Math.ceil((at - partition) / partitions)
    return { partition, seq0, n: Math.ceil((at + n - partition) / partitions) - seq0 }
  }).filter(stretch => stretch.n > 0)
}
