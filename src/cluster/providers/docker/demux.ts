// Splits the engine's multiplexed bytes of a container without terminal into its two streams.

const HEADER_BYTES = 8

/** Standard output and standard error, each in order; `combined` keeps the order in which they came. */
export function demux(bytes: Buffer): { stdout: string; stderr: string; combined: string } {
  const parts: { stream: number; chunk: Buffer }[] = []
  let at = 0
  while (at + HEADER_BYTES <= bytes.length) {
    const sizeBytes = bytes.readUInt32BE(at + 4)
    parts.push({ stream: bytes[at] ?? 1, chunk: bytes.subarray(at + HEADER_BYTES, at + HEADER_BYTES + sizeBytes) })
    at += HEADER_BYTES + sizeBytes
  }
  const text = (chosen: typeof parts) => Buffer.concat(chosen.map(part => part.chunk)).toString('utf8')
  return {
    stdout: text(parts.filter(part => part.stream !== 2)),
    stderr: text(parts.filter(part => part.stream === 2)),
    combined: text(parts),
  }
}
