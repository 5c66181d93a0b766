// Template values must be the same for the same record wherever they are made, and only placeholders may change.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compileTemplate, type TemplateContext } from '../../../src/record/template.ts'

const CONTEXT: TemplateContext = {
  seed: 1,
  producer: 2,
  partition: 3,
  seq: 17,
  key: 'device-9',
  intendedUs: 1_790_000_000_123_456,
}
const render = (template: string, context: Partial<TemplateContext> = {}): string =>
  compileTemplate(template)({ ...CONTEXT, ...context })

test.each([
  ['{seq}', '17'],
  ['{key}', 'device-9'],
  ['a{seq}b{key}c', 'a17bdevice-9c'],
  ['{now}', '2026-09-21T14:13:20.123Z'],
  ['{"id": {seq}, "who": "{key}"}', '{"id": 17, "who": "device-9"}'],
  ['no placeholder {at all} {}', 'no placeholder {at all} {}'],
  ['', ''],
])('%s renders as %s', (template, expected) => {
  expect(render(template)).toBe(expected)
})

test('int stays in its bounds, reaches both, and is even', () => {
  const seen = new Map<string, number>()
  for (let seq = 0; seq < 6000; seq++) {
    const text = render('{int:-1:4}', { seq })
    seen.set(text, (seen.get(text) ?? 0) + 1)
  }
  expect([...seen.keys()].toSorted()).toEqual(['-1', '0', '1', '2', '3', '4'])
  for (const count of seen.values()) expect(Math.abs(count - 1000)).toBeLessThan(150)
})

test('hex has exactly its digits', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 200 }), fc.nat(), (digits, seq) => {
      expect(render(`{hex:${digits}}`, { seq })).toMatch(new RegExp(`^[0-9a-f]{${digits}}$`))
    }),
  )
})

test('is pure in the record’s place, and differs between places and between placeholders', () => {
  const template = '{hex:16} {hex:16}'
  const first = render(template)
  expect(render(template)).toBe(first)
  expect(new Set(first.split(' ')).size).toBe(2)
  for (const changed of [{ seed: 9 }, { producer: 9 }, { partition: 9 }, { seq: 9 }]) {
    expect(render(template, changed)).not.toBe(first)
  }
})
