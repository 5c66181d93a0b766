// What tests ask a page, as text: it runs in the browser, whose types this program does not know.

/** Runs before the page: collects what its policy had to block. */
export const WATCH = `
  globalThis.violations = []
  document.addEventListener('securitypolicyviolation', event => globalThis.violations.push(event.violatedDirective))`

export type State = {
  violations: string[]
  pwned: number
  scripts: number
  foreign: number
  styled: number
  listeners: number
}

/** All that a report must not have, hold or do. */
export const STATE = `({
  violations: globalThis.violations,
  pwned: globalThis.pwned ?? 0,
  scripts: document.scripts.length,
  foreign: document.querySelectorAll('script, iframe, img, object, embed, base, form, input, link').length,
  styled: document.querySelectorAll('[style]').length,
  listeners: [...document.querySelectorAll('*')].filter(one => one.getAttributeNames().some(name => name.startsWith('on'))).length,
})`

export type Box = { left: number; right: number; width: number; height: number }

/** Unfolds everything and measures every picture. */
export const PICTURES = `(() => {
  for (const part of document.querySelectorAll('details')) part.open = true
  return [...document.querySelectorAll('svg')].map(svg => {
    const { left, right, width, height } = svg.getBoundingClientRect()
    return { left, right, width, height }
  })
})()`

/** How far the page is wider than its window. */
export const OVERFLOW = 'document.documentElement.scrollWidth - document.documentElement.clientWidth'

/** Of the verdict's word, which only the stylesheet makes large. */
export const FONT_SIZE = `Number.parseFloat(getComputedStyle(document.querySelector('.verdict .word')).fontSize)`

export const PAGE_COLOUR = 'getComputedStyle(document.documentElement).backgroundColor'

/** Height of the first picture inside a folded cell. */
export const FOLDED_HEIGHT = `document.querySelector('details.cell:not([open]) svg.chart')?.getBoundingClientRect().height ?? 0`

/** The worst contrast of texts and heat map tiles against what lies behind them, with where it was found. */
export const CONTRAST = `(() => {
  const parse = text => (text.match(/[\\d.]+/g) ?? []).map(Number)
  const light = rgb => {
    const [r, g, b] = rgb.map(part => (part / 255 <= 0.03928 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4))
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const contrast = (a, b) => {
    const [high, low] = [light(a), light(b)].sort((x, y) => y - x)
    return (high + 0.05) / (low + 0.05)
  }
  const ground = from => {
    for (let one = from; one; one = one.parentElement) {
      const colour = parse(getComputedStyle(one).backgroundColor)
      if (colour.length === 3 || colour[3] > 0) return colour.slice(0, 3)
    }
    return [255, 255, 255]
  }
  const words = [...document.querySelectorAll('h1, h2, h3, p, .pill, .word, .mark, .soft, td, th, summary, a, .label, .detail, dd, li, .sign, strong')]
  const found = words.filter(one => one.textContent.trim()).map(one => ({ where: one.className || one.tagName, contrast: contrast(parse(getComputedStyle(one).color).slice(0, 3), ground(one)) }))
  const root = getComputedStyle(document.documentElement)
  const hex = name => root.getPropertyValue(name).trim().slice(1).match(/../g).map(part => Number.parseInt(part, 16))
  const tiles = [0, 1, 2, 3, 4, 5, 6].map(step => ({ where: 'tile ' + step, contrast: contrast(hex('--t' + step), hex('--h' + step)) }))
  return [...found, ...tiles].sort((a, b) => a.contrast - b.contrast)[0]
})()`

export type XmlCounts = { errors: number; cases: number; failures: number }

/** What the browser's own XML parser makes of a text. */
export function readXml(text: string): string {
  return `(() => {
    const tree = new DOMParser().parseFromString(${JSON.stringify(text)}, 'application/xml')
    const count = name => tree.querySelectorAll(name).length
    return { errors: count('parsererror'), cases: count('testcase'), failures: count('failure') }
  })()`
}
