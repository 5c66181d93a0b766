// The one door to CRC-32C, the checksum of record batches; native, because it runs over every byte of the load.
import { crc32c as native } from '@node-rs/crc32'

/** CRC-32C of bytes, or of bytes that follow others whose CRC is given. */
export function crc32c(bytes: Uint8Array, before = 0): number {
  return native(bytes, before)
}
