// Formats of reports and the cleaning of text: missing shows as a dash, nothing rounds up to a lie, nothing unprintable gets through.
import { describe, expect, it } from 'vitest'
import {
  showBytes,
  showChange,
  showCpuSeconds,
  showPerSecond,
  showRange,
  showShare,
  showTime,
  showTimes,
  showUs,
  showWhole,
} from '../../../src/report/format.ts'
import { cleanBlock, cleanLine, escapeMarkup, plural, shorten } from '../../../src/report/text.ts'

describe('numbers', () => {
  it.each([undefined, null, Number.NaN, Number.POSITIVE_INFINITY])('shows %s as a dash', value => {
    for (const show of [showUs, showBytes, showPerSecond, showShare, showTimes, showWhole, showCpuSeconds, showChange])
      expect(show(value)).toBe('–')
  })

  it('never rounds a share up to all', () => {
    expect(showShare(0.999999)).toBe('99.99 %')
    expect(showShare(1)).toBe('100 %')
    expect(showShare(0.995)).toBe('99.5 %')
  })

  it('groups digits of counts', () =>
    expect([showWhole(999), showWhole(1234567), showWhole(-1234)]).toEqual(['999', '1,234,567', '-1,234']))

  it('puts one unit behind a range where both ends share it', () => {
    expect(showRange(1800, 2300, 'us')).toBe('1.8–2.3 ms')
    expect(showRange(800, 2300, 'us')).toBe('800 µs – 2.3 ms')
    expect(showRange(18_600, 20_000, 'perSecond')).toBe('18.6–20k/s')
    expect(showRange(900, 20_000, 'perSecond')).toBe('900/s – 20k/s')
    expect(showRange(2.11, 2.24, 'ratio')).toBe('2.11–2.24×')
    expect(showRange(8.4, 46.8, 'cpuSeconds')).toBe('8.40–46.8 s/M')
    expect(showRange(5, 5, 'us')).toBe('5 µs')
  })

  it('shows changes with their sign, large ones as factors', () => {
    expect([showChange(1.082), showChange(0.9), showChange(1), showChange(3.21), showChange(42)]).toEqual([
      '+8.2 %',
      '−10.0 %',
      '±0.0 %',
      '3.2×',
      '42×',
    ])
  })

  it('shows times without their fraction, and odd ones as they are', () => {
    expect(showTime('2026-11-21T07:13:05.123Z')).toBe('2026-11-21 07:13:05 UTC')
    expect(showTime('yesterday')).toBe('yesterday')
  })
})

describe('text', () => {
  it('makes controls visible and breaks harmless', () => {
    expect(cleanLine('a\r\nb\tc\u2028d')).toBe('a b c d')
    expect(cleanLine('\u001b[31m\u0000\u009b\u202e\ud800')).toBe('\ufffd[31m\ufffd\ufffd\ufffd\ufffd')
    expect(cleanBlock('a\r\n\tb\u001b')).toBe('a\n\tb\ufffd')
  })

  it('cuts whole characters', () => expect(shorten('a😀😀b', 3)).toBe('a😀…'))
  it('escapes what ends an element or an attribute', () =>
    expect(escapeMarkup(`<a href="x" b='y'>&`)).toBe('&lt;a href=&quot;x&quot; b=&#39;y&#39;&gt;&amp;'))
  it('counts', () =>
    expect([plural(1, 'cell'), plural(2, 'cell'), plural(0, 'reply', 'replies')]).toEqual([
      '1 cell',
      '2 cells',
      '0 replies',
    ]))
})
