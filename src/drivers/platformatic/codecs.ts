// Counts the bytes that the client's own codecs take in and give out; the codecs themselves stay as they are.
import { compressionsAlgorithms } from './client.ts'

export type CodecCounts = { compressedBytes: number; uncompressedBytes: number }

type Sized = { length: number }
type Codec = { compressSync: (data: Sized) => Sized; compress?: (data: Sized) => Promise<Sized> }

/** Every codec of this process counts into `counts` from now on; a worker has one producer. */
export function countCodecs(counts: CodecCounts): void {
  for (const codec of Object.values(compressionsAlgorithms) as unknown as Codec[]) {
    const { compressSync, compress } = originals(codec)
    const counted = <T extends Sized>(before: Sized, after: T): T => {
      counts.uncompressedBytes += before.length
      counts.compressedBytes += after.length
      return after
    }
    codec.compressSync = data => counted(data, compressSync(data))
    if (compress) codec.compress = async data => counted(data, await compress(data))
  }
}

const kept = new WeakMap<Codec, Codec>()

/** The codec as the client ships it, however often it was wrapped. */
function originals(codec: Codec): Codec {
  const found = kept.get(codec)
  if (found) return found
  const own = { ...codec }
  kept.set(codec, own)
  return own
}
