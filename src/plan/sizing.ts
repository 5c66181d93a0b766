// What the arithmetic of partitions and brokers says before anything is measured.

/** Partitions that the busiest broker leads ÷ partitions per broker: 1 where they divide evenly. */
export function leaderSkew(partitions: number, brokers: number): number {
  return Math.ceil(partitions / brokers) / (partitions / brokers)
}

/** A note where some brokers must lead more than others; small skews of many partitions are not worth one. */
export function skewNote(topic: string, partitions: number, brokers: number): string | undefined {
  const skew = leaderSkew(partitions, brokers)
  if (brokers < 2 || skew < 1.1) return undefined
  const up = Math.ceil(partitions / brokers) * brokers
  return `topic ${topic}: ${partitions} partitions on ${brokers} brokers give the busiest ${skew.toFixed(2)} times its share of leaders; ${up} would be even`
}
