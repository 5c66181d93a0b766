// Reads the stops of a JVM out of its own GC log, on the monotonic clock that it shares with us.

/** Two files of this size at most; a trial's stops fit into what is read of the newer one. */
export const GC_LOG_TAIL_BYTES = 2 * 1024 * 1024
const PAUSE = /^\[(\d+)ns\] GC\(\d+\) Pause .* (\d+(?:\.\d+)?)ms$/gm

/** The option that makes a JVM keep such a log. */
export function gcLogOption(path: string): string {
  return `-Xlog:gc:file=${path}:timenanos:filecount=2,filesize=10m`
}

/** Every stop that the log tells of, at the time when it was over. */
export function readPauses(text: string): { monotonicNs: number; us: number }[] {
  return [...text.matchAll(PAUSE)].map(([, at, ms]) => ({ monotonicNs: Number(at), us: Math.round(Number(ms) * 1000) }))
}
