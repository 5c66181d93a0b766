// The CRC-32C of a batch made from a template, without reading what never changes: a CRC is linear, so that only what was stamped has to be counted anew.
import { BATCH } from '../../protocol/batch.ts'
import { crc32c } from '../../protocol/crc32c.ts'
import type { UniformRecords } from '../driver.ts'

const WORD_BYTES = 4
/** One table for each byte of a register. */
const TABLE = 256

/** What so many bytes of zeros make of a register, as four tables whose entries are to be XORed. */
type Shift = Int32Array

/** Bytes that change, in every record at the same distance from its value's beginning; a whole number of words. */
type Stamped = NonNullable<UniformRecords['stamped']>

export class PatchedCrc {
  private readonly stampedAt: Int32Array
  private readonly words: number
  private readonly overWord = shiftOver(WORD_BYTES)
  /** From what was stamped before, or from the header, to what is stamped in a record. */
  private readonly gaps: Shift[]
  private readonly tail: Shift
  /** What the records up to each one add as they stand in the template, where stamped bytes are zero. */
  private readonly still: Int32Array

  /** `template`: a whole batch, whose values begin where `valueAt` says and whose records end where `ends` says. */
  constructor(template: Buffer, valueAt: Int32Array, ends: Int32Array, stamped: Stamped) {
    const shifts = new Map<number, Shift>()
    const shift = (sizeBytes: number): Shift => {
      const known = shifts.get(sizeBytes) ?? shiftOver(sizeBytes)
      shifts.set(sizeBytes, known)
      return known
    }
    const behind = (place: number): number => (this.stampedAt[place] as number) + stamped.sizeBytes
    this.words = stamped.sizeBytes / WORD_BYTES
    this.stampedAt = valueAt.map(at => at + stamped.at)
    this.gaps = Array.from(this.stampedAt, (at, place) => shift(at - (place === 0 ? BATCH.records : behind(place - 1))))
    this.tail = shift((ends[0] as number) - behind(0))
    this.still = stillOf(template, this.stampedAt, ends, stamped.sizeBytes)
  }

  /** Of a batch of so many records: its header must stand, and be stamped what is. */
  of(batch: DataView, header: Uint8Array, count: number): number {
    const { gaps, stampedAt, overWord, words } = this
    let register = ~crc32c(header.subarray(BATCH.crcFrom, BATCH.records))
    for (let place = 0; place < count; place++) {
      register = shifted(gaps[place] as Shift, register)
      const from = stampedAt[place] as number
      for (let word = 0; word < words; word++)
        register = shifted(overWord, register ^ batch.getInt32(from + word * WORD_BYTES, true))
    }
    return ~(shifted(this.tail, register) ^ (this.still[count - 1] as number)) >>> 0
  }
}

function shifted(tables: Shift, register: number): number {
  return (
    (tables[register & 0xff] as number) ^
    (tables[TABLE + ((register >>> 8) & 0xff)] as number) ^
    (tables[2 * TABLE + ((register >>> 16) & 0xff)] as number) ^
    (tables[3 * TABLE + (register >>> 24)] as number)
  )
}

function shiftOver(sizeBytes: number): Shift {
  const zeros = Buffer.alloc(sizeBytes)
  const tables = new Int32Array(4 * TABLE)
  for (let bit = 0; bit < 32; bit++) {
    const moved = registerBehind(zeros, 1 << bit)
    const step = 1 << (bit & 7)
    const from = (bit >>> 3) * TABLE
    for (let low = 0; low < step; low++) tables[from + step + low] = (tables[from + low] as number) ^ moved
  }
  return tables
}

function stillOf(template: Buffer, stampedAt: Int32Array, ends: Int32Array, stampedBytes: number): Int32Array {
  const blank = Buffer.from(template)
  for (const at of stampedAt) blank.fill(0, at, at + stampedBytes)
  let register = 0
  let from: number = BATCH.records
  return ends.map(end => {
    register = registerBehind(blank.subarray(from, end), register)
    from = end
    return register
  })
}

/** The register of a CRC is its complement. */
function registerBehind(bytes: Uint8Array, register: number): number {
  return ~crc32c(bytes, ~register >>> 0)
}
