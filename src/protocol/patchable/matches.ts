// Finds repetitions for codecs that store literals as they are, around holes: bytes that will be written over after compression.

/** Bytes that change after compression: no match may cover them, nor copy from them. */
export type Holes = { at: Int32Array; sizeBytes: number }

/** Literals, then a copy of `length` bytes from `distance` back; the last literals of a block have no copy behind them. */
export type Sequences = {
  count: number
  literals: Int32Array
  distances: Int32Array
  lengths: Int32Array
  tailLiterals: number
}

export type MatchRules = {
  minLength: number
  /** The codec wants the last bytes of a block to be literals, and no copy to begin among these. */
  tailBytes: number
  maxDistance: number
}

const HASH_BITS = 14
const HASH_FACTOR = 2_654_435_761
const WORD_BYTES = 4

/** 1 where a byte belongs to a hole. */
export function maskOf(holes: Holes, sizeBytes: number): Uint8Array {
  const mask = new Uint8Array(sizeBytes)
  for (const at of holes.at) mask.fill(1, at, at + holes.sizeBytes)
  return mask
}

/** Cuts a block into sequences, always taking the latest place where the next four bytes stood. */
export function findSequences(block: Buffer, mask: Uint8Array, rules: MatchRules): Sequences {
  const most = Math.ceil(block.length / rules.minLength)
  const [literals, distances, lengths] = [new Int32Array(most), new Int32Array(most), new Int32Array(most)]
  const lastSeen = new Int32Array(1 << HASH_BITS).fill(-1)
  const end = block.length - rules.tailBytes
  let [count, anchor, at] = [0, 0, 0]
  while (at + WORD_BYTES <= end) {
    // The content of holes must not decide what is found.
    if (mask[at + WORD_BYTES - 1] === 1 || mask[at] === 1) {
      at++
      continue
    }
    const word = block.readInt32LE(at)
    const slot = Math.imul(word, HASH_FACTOR) >>> (32 - HASH_BITS)
    const from = lastSeen[slot] as number
    lastSeen[slot] = at
    const isRepeated = from >= 0 && at - from <= rules.maxDistance && block.readInt32LE(from) === word
    const length = isRepeated ? lengthOf(block, mask, from, at, end) : 0
    if (length < rules.minLength) {
      at++
      continue
    }
    literals[count] = at - anchor
    distances[count] = at - from
    lengths[count] = length
    count++
    at += length
    anchor = at
  }
  return { count, literals, distances, lengths, tailLiterals: block.length - anchor }
}

/** How far two places go on alike; copies may run into themselves, as codecs allow. */
function lengthOf(block: Buffer, mask: Uint8Array, from: number, at: number, end: number): number {
  let length = 0
  while (
    at + length < end &&
    block[from + length] === block[at + length] &&
    mask[from + length] === 0 &&
    mask[at + length] === 0
  )
    length++
  return length
}
