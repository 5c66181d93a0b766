// The predefined code tables of zstd's sequences (RFC 8878, 3.1.1.3.2.2), turned round for encoding.

export type FseTable = {
  bits: number
  /** State before a symbol, by symbol and the state that follows. */
  before: (symbol: number, next: number) => number
  /** Any state that stands for the symbol. */
  last: (symbol: number) => number
  /** What the decoder reads to get from a state to the one that follows. */
  bitsOf: Uint8Array
  baseOf: Uint8Array
}

/** Shares of the symbols of one kind, of 2^bits together; -1 is less than one. */
const LITERALS = [4, 3, ...Array(11).fill(2), 1, 1, 1, ...Array(9).fill(2), 3, 2, 1, 1, 1, 1, 1, -1, -1, -1, -1]
const MATCHES = [1, 4, 3, ...Array(6).fill(2), ...Array(37).fill(1), ...Array(7).fill(-1)]
const OFFSETS = [1, 1, 1, 1, 1, 1, 2, 2, 2, ...Array(15).fill(1), -1, -1, -1, -1, -1]

/** Which symbol each state of the decoder stands for. */
function spread(shares: readonly number[], bits: number): Uint8Array {
  const size = 1 << bits
  const symbols = new Uint8Array(size)
  let high = size - 1
  shares.forEach((share, symbol) => {
    if (share === -1) symbols[high--] = symbol
  })
  const step = (size >> 1) + (size >> 3) + 3
  let at = 0
  shares.forEach((share, symbol) => {
    for (let i = 0; i < share; i++) {
      symbols[at] = symbol
      do at = (at + step) & (size - 1)
      while (at > high)
    }
  })
  return symbols
}

function tableOf(shares: readonly number[], bits: number): FseTable {
  const size = 1 << bits
  const symbols = spread(shares, bits)
  const next = shares.map(share => Math.abs(share))
  const [bitsOf, baseOf] = [new Uint8Array(size), new Uint8Array(size)]
  const before = new Uint8Array(shares.length * size)
  const last = new Uint8Array(shares.length)
  for (let state = 0; state < size; state++) {
    const symbol = symbols[state] as number
    const turn = next[symbol] as number
    next[symbol] = turn + 1
    const width = bits - Math.floor(Math.log2(turn))
    const base = (turn << width) - size
    bitsOf[state] = width
    baseOf[state] = base
    before.fill(state, symbol * size + base, symbol * size + base + (1 << width))
    last[symbol] = state
  }
  return {
    bits,
    before: (symbol, following) => before[symbol * size + following] as number,
    last: symbol => last[symbol] as number,
    bitsOf,
    baseOf,
  }
}

export const LITERALS_TABLE = tableOf(LITERALS, 6)
export const MATCHES_TABLE = tableOf(MATCHES, 6)
export const OFFSETS_TABLE = tableOf(OFFSETS, 5)
