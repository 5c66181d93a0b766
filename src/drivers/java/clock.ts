// Maps the JVM's clock to ours: on Linux both read the same monotonic clock, which the mapping proves instead of believing.

/** One question and answer: our clock before and after, the JVM's in between; all in ns. */
export type Exchange = { beforeNs: bigint; jvmNs: bigint; afterNs: bigint }

export type ClockMap = {
  /** Ours − the JVM's. */
  offsetNs: bigint
  /** How far the mapping may be off; 0 where both are one clock. */
  uncertaintyNs: bigint
}

/** The offset that all exchanges allow: none where one clock explains them, else the middle of the tightest. */
export function mapClocks(exchanges: readonly Exchange[]): ClockMap {
  if (exchanges.every(({ beforeNs, jvmNs, afterNs }) => beforeNs <= jvmNs && jvmNs <= afterNs))
    return { offsetNs: 0n, uncertaintyNs: 0n }
  const gap = ({ beforeNs, afterNs }: Exchange): bigint => afterNs - beforeNs
  const best = exchanges.reduce((a, b) => (gap(b) < gap(a) ? b : a))
  return { offsetNs: (best.beforeNs + best.afterNs) / 2n - best.jvmNs, uncertaintyNs: gap(best) / 2n }
}
