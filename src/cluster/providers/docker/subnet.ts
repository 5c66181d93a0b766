// Picks a private subnet that overlaps nothing: the engine's own choice may clash with a VPN, and static addresses need a known one.

/** An IPv4 range as first address and prefix length. */
export type Cidr = { base: number; prefix: number }

const CANDIDATES_PER_BLOCK = 256

/** Reads "10.1.2.0/24"; undefined for anything else, IPv6 included. */
export function parseCidr(text: string): Cidr | undefined {
  const match = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\/(\d+)$/.exec(text)
  if (!match) return undefined
  const [a, b, c, d, prefix] = match.slice(1).map(Number)
  if (a === undefined || b === undefined || c === undefined || d === undefined || prefix === undefined) return undefined
  if (Math.max(a, b, c, d) > 255 || prefix > 32) return undefined
  const sizeAddresses = 2 ** (32 - prefix)
  const address = a * 2 ** 24 + b * 2 ** 16 + c * 2 ** 8 + d
  return { base: Math.floor(address / sizeAddresses) * sizeAddresses, prefix }
}

/** Whether two ranges share an address. */
export function overlaps(one: Cidr, other: Cidr): boolean {
  const end = (range: Cidr) => range.base + 2 ** (32 - range.prefix)
  return one.base < end(other) && other.base < end(one)
}

/** The candidates 10.213.0.0/24 … 10.213.255.0/24 that overlap none of the taken ranges, beginning at a place that depends on the run. */
export function freeSubnets(taken: readonly string[], runId: string): string[] {
  const ranges = taken.map(parseCidr).filter(range => range !== undefined)
  const start = [...runId].reduce(
    (sum, character) => (sum * 31 + (character.codePointAt(0) ?? 0)) % CANDIDATES_PER_BLOCK,
    0,
  )
  return Array.from(
    { length: CANDIDATES_PER_BLOCK },
    (_, index) => `10.213.${(start + index) % CANDIDATES_PER_BLOCK}.0/24`,
  ).filter(candidate => {
    const range = parseCidr(candidate)
    return range !== undefined && !ranges.some(other => overlaps(range, other))
  })
}
