// Offsets and rules live in sealed files; one changed digit would change a verdict, so none may pass.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { openSealed, parseJson, sealJson } from '../../../src/recording/sealed.ts'

const VALUE = { number: 1, topics: [{ endOffsets: [500, 501] }], note: 'größer', nothing: null }
const BYTES = Buffer.from(sealJson(VALUE))

describe('a sealed file', () => {
  test('is plain JSON with its checksum as last key', () => {
    const text = BYTES.toString()
    expect(JSON.parse(text)).toEqual({ ...VALUE, crc32: expect.stringMatching(/^[0-9a-f]{8}$/) })
    expect(Object.keys(JSON.parse(text) as object).at(-1)).toBe('crc32')
  })

  test('comes back as it was', () => {
    expect(openSealed(BYTES, 'f')).toEqual(VALUE)
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.string({ minLength: 1 }).filter(key => key !== 'crc32' && key !== '__proto__'),
          fc.jsonValue(),
          { minKeys: 1 },
        ),
        value => {
          expect(openSealed(Buffer.from(sealJson(value)), 'f')).toEqual(JSON.parse(JSON.stringify(value)))
        },
      ),
    )
  })

  test('with any bit flipped is refused', () => {
    for (let bit = 0; bit < BYTES.length * 8; bit++) {
      const changed = Buffer.from(BYTES)
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      expect(() => openSealed(changed, 'trial.json'), `bit ${bit}`).toThrow(expect.objectContaining({ code: 'E601' }))
    }
  })

  test('cut at any byte, or grown, is refused', () => {
    for (let length = 0; length < BYTES.length; length++) {
      expect(() => openSealed(BYTES.subarray(0, length), 'f'), `${length} bytes`).toThrow(
        expect.objectContaining({ code: 'E601' }),
      )
    }
    expect(() => openSealed(Buffer.concat([BYTES, Buffer.from('\n')]), 'f')).toThrow(
      expect.objectContaining({ code: 'E601' }),
    )
  })

  test('without a checksum is refused', () => {
    expect(() => openSealed(Buffer.from('{\n "a": 1\n}\n'), 'f')).toThrow(expect.objectContaining({ code: 'E601' }))
  })
})

test('what is not JSON is refused with its file', () => {
  expect(() => parseJson(Buffer.from('{'), 'manifest.json')).toThrow(
    expect.objectContaining({
      code: 'E601',
      problems: [expect.objectContaining({ place: { file: 'manifest.json' } })],
    }),
  )
})
