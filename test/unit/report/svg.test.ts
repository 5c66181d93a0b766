// The door to vega: nothing is loaded, nothing is linked, text stays text, and colours stay custom properties.
import { describe, expect, it } from 'vitest'
import { type ChartSpec, compileChart, renderSvg } from '../../../src/report/svg.ts'

const mark = (type: 'text' | 'image' | 'point', encoding: object): ChartSpec =>
  ({
    width: 100,
    height: 50,
    data: { values: [{ text: 'a<b>"&\u0027', url: 'http://attacker.invalid/x.png' }] },
    mark: { type },
    encoding,
    config: { aria: false },
  }) as ChartSpec

describe('renderSvg', () => {
  it('escapes text that comes in as data', async () => {
    const svg = await renderSvg(mark('text', { text: { field: 'text', type: 'nominal' } }))
    expect(svg).toContain('a&lt;b&gt;"&amp;\'')
  })

  it('neither loads nor names an image', async () => {
    const svg = await renderSvg(mark('image', { url: { field: 'url', type: 'nominal' } }))
    expect(svg).not.toContain('attacker')
  })

  it('drops links', async () => {
    const svg = await renderSvg(mark('point', { href: { field: 'url', type: 'nominal' } }))
    expect(svg).not.toContain('attacker')
    expect(svg).not.toContain('<a')
  })

  it('loads no data', async () => {
    const svg = await renderSvg({ data: { url: 'file:///etc/hostname' }, mark: 'point', encoding: {} } as ChartSpec)
    expect(svg).toMatch(/^<svg /)
    expect(svg).not.toContain('<path d="M')
  })

  it('gives the same picture every time', async () => {
    const spec = mark('text', { text: { field: 'text', type: 'nominal' } })
    expect(await renderSvg(spec)).toBe(await renderSvg(spec))
  })
})

it('compileChart tells what vega-lite thinks of a bad spec', () => {
  const { warnings } = compileChart({
    data: { values: [] },
    mark: 'bar',
    encoding: { nonsense: { field: 'x' } },
  } as unknown as ChartSpec)
  expect(warnings.join()).toContain('nonsense')
})
