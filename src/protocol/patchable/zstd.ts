// Blocks of zstd (RFC 8878) whose literals stand as they are: sequences in the predefined codes, no entropy coding of literals.
import { type FseTable, LITERALS_TABLE, MATCHES_TABLE, OFFSETS_TABLE } from './fse.ts'
import type { Moved } from './lz4.ts'
import type { MatchRules, Sequences } from './matches.ts'

export const ZSTD_BLOCK_BYTES = 128 * 1024
export const ZSTD_RULES: MatchRules = { minLength: 4, tailBytes: 0, maxDistance: ZSTD_BLOCK_BYTES }
const LEAST_MATCH = 3
/** Offsets 1 to 3 mean those of earlier sequences, which are not used. */
const OFFSET_SHIFT = 3
const FEW_SEQUENCES = 128
const MANY_SEQUENCES = 0x7f00

/** First value of each code that stands for more than one, and how many bits tell which. */
type Codes = { first: number; bases: readonly number[]; bits: readonly number[] }
const LITERAL_CODES: Codes = {
  first: 16,
  bases: [16, 18, 20, 22, 24, 28, 32, 40, 48, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16_384, 32_768, 65_536],
  bits: [1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16],
}
const MATCH_CODES: Codes = {
  first: 32,
  bases: [32, 34, 36, 38, 40, 44, 48, 56, 64, 80, 96, 128, 256, 512, 1024, 2048, 4096, 8192, 16_384, 32_768, 65_536],
  bits: [1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16],
}

type Code = { code: number; extra: number; bits: number }

function codeOf({ first, bases, bits }: Codes, value: number): Code {
  if (value < first) return { code: value, extra: 0, bits: 0 }
  let at = bases.length - 1
  while ((bases[at] as number) > value) at--
  return { code: first + at, extra: value - (bases[at] as number), bits: bits[at] as number }
}

function offsetCode(distance: number): Code {
  const value = distance + OFFSET_SHIFT
  const code = 31 - Math.clz32(value)
  return { code, extra: value - (1 << code), bits: code }
}

/** Magic and a header that tells the size of everything: one segment, no checksum, no dictionary. */
export function zstdFrameHead(sizeBytes: number): Buffer {
  const head = Buffer.alloc(9)
  head.writeUInt32LE(0xfd2f_b528, 0)
  head[4] = 0xa0
  head.writeUInt32LE(sizeBytes, 5)
  return head
}

/** What a block holds: its own header is the caller's. Returns its end. */
export function writeZstdBlock(into: Buffer, at: number, block: Buffer, found: Sequences, moved: Moved): number {
  let literalBytes = found.tailLiterals
  for (let i = 0; i < found.count; i++) literalBytes += found.literals[i] as number
  // Raw literals with 20 bits of size.
  into.writeUIntLE(0x0c | (literalBytes << 4), at, 3)
  let [to, from] = [at + 3, 0]
  const copy = (sizeBytes: number): void => {
    block.copy(into, to, from, from + sizeBytes)
    moved(from, to, sizeBytes)
    to += sizeBytes
    from += sizeBytes
  }
  for (let i = 0; i < found.count; i++) {
    copy(found.literals[i] as number)
    from += found.lengths[i] as number
  }
  copy(found.tailLiterals)
  return writeSequences(into, to, found)
}

function writeSequences(into: Buffer, at: number, found: Sequences): number {
  const { count } = found
  let to = at
  if (count < FEW_SEQUENCES) into[to++] = count
  else if (count < MANY_SEQUENCES) to = into.writeUInt16BE(0x8000 | count, to)
  else {
    into[to++] = 255
    to = into.writeUInt16LE(count - MANY_SEQUENCES, to)
  }
  if (count === 0) return to
  into[to++] = 0
  return writeBits(into, to, found)
}

/** The decoder reads from the end, so everything is written the other way round, the last sequence first. */
function writeBits(into: Buffer, at: number, found: Sequences): number {
  const bits = new Bits(into, at)
  const state = { literals: 0, matches: 0, offsets: 0 }
  for (let i = found.count - 1; i >= 0; i--) {
    const literals = codeOf(LITERAL_CODES, found.literals[i] as number)
    const match = codeOf(MATCH_CODES, (found.lengths[i] as number) - LEAST_MATCH)
    const offset = offsetCode(found.distances[i] as number)
    if (i === found.count - 1) {
      state.offsets = OFFSETS_TABLE.last(offset.code)
      state.matches = MATCHES_TABLE.last(match.code)
      state.literals = LITERALS_TABLE.last(literals.code)
    } else {
      state.offsets = step(bits, OFFSETS_TABLE, offset.code, state.offsets)
      state.matches = step(bits, MATCHES_TABLE, match.code, state.matches)
      state.literals = step(bits, LITERALS_TABLE, literals.code, state.literals)
    }
    bits.add(literals.extra, literals.bits)
    bits.add(match.extra, match.bits)
    bits.add(offset.extra, offset.bits)
  }
  bits.add(state.matches, MATCHES_TABLE.bits)
  bits.add(state.offsets, OFFSETS_TABLE.bits)
  bits.add(state.literals, LITERALS_TABLE.bits)
  return bits.end()
}

function step(bits: Bits, table: FseTable, symbol: number, following: number): number {
  const before = table.before(symbol, following)
  bits.add(following - (table.baseOf[before] as number), table.bitsOf[before] as number)
  return before
}

/** Bits from the lowest up, byte by byte. */
class Bits {
  private readonly into: Buffer
  private at: number
  private held = 0
  private count = 0

  constructor(into: Buffer, at: number) {
    this.into = into
    this.at = at
  }

  /** At most 24 bits at a time. */
  add(value: number, bits: number): void {
    this.held |= value << this.count
    this.count += bits
    for (; this.count >= 8; this.count -= 8) {
      this.into[this.at++] = this.held & 0xff
      this.held >>>= 8
    }
  }

  /** A last 1 marks where the bits end. */
  end(): number {
    this.add(1, 1)
    if (this.count > 0) this.into[this.at++] = this.held & 0xff
    return this.at
  }
}
