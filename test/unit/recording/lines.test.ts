// A recording is evidence: whatever one byte of it becomes, a reader must refuse it or say how much it left out.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeLines, encodeLine } from '../../../src/recording/lines.ts'

const BODIES = [
  { kind: 'a', n: 1 },
  { kind: 'b', text: 'größer ≤ 5 ms', list: [1, 2, 3] },
  { kind: 'c', n: -0.5 },
]
const LINES = BODIES.map(body => Buffer.from(encodeLine(body)))
const FILE = Buffer.concat(LINES)

/** Bodies of the lines that lie wholly before a byte. */
function wholeBefore(byte: number): { bodies: unknown[]; bytes: number } {
  const bodies: unknown[] = []
  let bytes = 0
  for (const [i, line] of LINES.entries()) {
    if (bytes + line.length > byte) break
    bytes += line.length
    bodies.push(BODIES[i])
  }
  return { bodies, bytes }
}

describe('a line', () => {
  test('names length and checksum of its body in bytes', () => {
    expect(encodeLine({ a: 'ß' })).toMatch(/^\{"len":10,"crc32":"[0-9a-f]{8}","body":\{"a":"ß"\}\}\n$/)
    // The CRC-32 of the nine digits is cbf43926, the check value of its definition.
    expect(encodeLine(123456789)).toBe('{"len":9,"crc32":"cbf43926","body":123456789}\n')
  })

  test('is JSON by itself', () => {
    for (const [i, line] of LINES.entries()) expect(JSON.parse(line.toString())).toMatchObject({ body: BODIES[i] })
  })

  test('comes back as it was, whatever it holds', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue(), { maxLength: 8 }), bodies => {
        const bytes = Buffer.from(bodies.map(encodeLine).join(''))
        expect(decodeLines(bytes, 'f')).toEqual({
          bodies: JSON.parse(JSON.stringify(bodies)),
          tornBytes: 0,
          goodBytes: bytes.length,
        })
      }),
    )
  })
})

describe('a file cut at any byte', () => {
  test('gives every whole line, and counts exactly what it left out', () => {
    for (let length = 0; length <= FILE.length; length++) {
      const { bodies, bytes } = wholeBefore(length)
      expect(decodeLines(FILE.subarray(0, length), 'f'), `${length} bytes`).toEqual({
        bodies,
        tornBytes: length - bytes,
        goodBytes: bytes,
      })
    }
  })
})

describe('a file with one bit flipped', () => {
  test('is refused with its place; only the very last newline may look torn, and then the bytes are counted', () => {
    const lastStart = FILE.length - (LINES.at(-1) as Buffer).length
    for (let bit = 0; bit < FILE.length * 8; bit++) {
      const changed = Buffer.from(FILE)
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      const read = () => decodeLines(changed, 'f.ndjson')
      if (bit >> 3 === FILE.length - 1) {
        expect(read()).toEqual({
          bodies: BODIES.slice(0, -1),
          goodBytes: lastStart,
          tornBytes: FILE.length - lastStart,
        })
        continue
      }
      const place = { file: 'f.ndjson', byte: wholeBefore(bit >> 3).bytes }
      expect(read, `bit ${bit}`).toThrow(
        expect.objectContaining({ code: 'E601', problems: [expect.objectContaining({ place })] }),
      )
    }
  })

  test('every byte changed to every other value of a small file is never taken as good', () => {
    const small = Buffer.from(encodeLine([7]) + encodeLine([8]))
    const good = JSON.stringify([[7], [8]])
    for (let at = 0; at < small.length; at++) {
      for (let value = 0; value < 256; value++) {
        if (small[at] === value) continue
        const changed = Buffer.from(small)
        changed[at] = value
        try {
          const { bodies, tornBytes } = decodeLines(changed, 'f')
          expect(JSON.stringify(bodies), `byte ${at} = ${value}`).not.toBe(good)
          expect(tornBytes).toBeGreaterThan(0)
        } catch (error) {
          expect(error).toMatchObject({ code: 'E601' })
        }
      }
    }
  })
})

describe('other harm', () => {
  const code = (bytes: Buffer): unknown => {
    try {
      return decodeLines(bytes, 'f')
    } catch (error) {
      return (error as { code: string }).code
    }
  }

  test('a line lost from the middle of two halves is refused', () => {
    const [a, b, c] = LINES as [Buffer, Buffer, Buffer]
    expect(code(Buffer.concat([a, b.subarray(0, 20), c]))).toBe('E601')
    expect(code(Buffer.concat([a, b.subarray(5), c]))).toBe('E601')
  })

  test('a last line of full length with other bytes was changed, not torn', () => {
    const changed = Buffer.from(FILE)
    changed[FILE.length - 4] = 0x39
    expect(code(changed)).toBe('E601')
  })

  test('a hole of zeros at the end, as some file systems leave after a crash, is a torn tail', () => {
    const zeros = Buffer.alloc(40)
    expect(code(Buffer.concat([FILE, zeros]))).toEqual({ bodies: BODIES, tornBytes: 40, goodBytes: FILE.length })
    const withEnd = Buffer.concat([FILE, zeros, Buffer.from('\n')])
    expect(code(withEnd)).toEqual({ bodies: BODIES, tornBytes: 41, goodBytes: FILE.length })
  })

  test('bytes inserted or doubled are refused', () => {
    const [a, b] = LINES as [Buffer, Buffer, Buffer]
    expect(code(Buffer.concat([a, Buffer.from('x'), b]))).toBe('E601')
    expect(code(Buffer.concat([Buffer.from('\n'), a]))).toBe('E601')
  })

  test('a body that claims to be enormous is refused without being read', () => {
    expect(code(Buffer.concat([Buffer.from('{"len":99999999999,"crc32":"00000000","body":1}\n'), FILE]))).toBe('E601')
  })
})
