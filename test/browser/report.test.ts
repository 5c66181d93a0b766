// Reports in a real browser, from disk: nothing is requested, nothing runs, nothing is blocked, and every picture has its place on the page.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, afterEach, describe, expect, it, type TestContext } from 'vitest'
import { renderComparisonHtml } from '../../src/report/compare.ts'
import { renderHtml } from '../../src/report/html.ts'
import { renderJunit } from '../../src/report/junit.ts'
import { compareAnalyses } from '../../src/stats/comparison.ts'
import { makeAnalysis } from '../fixtures/analysis.ts'
import { hostile, PAYLOADS } from '../fixtures/analysis-hostile.ts'
import { makeJudgement } from '../fixtures/analysis-judgement.ts'
import { requireOrSkip } from '../support/require.ts'
import {
  type Box,
  CONTRAST,
  FOLDED_HEIGHT,
  FONT_SIZE,
  OVERFLOW,
  PAGE_COLOUR,
  PICTURES,
  readXml,
  STATE,
  type State,
  WATCH,
  type XmlCounts,
} from './probes.ts'

const ARGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]
const folder = mkdtempSync(join(tmpdir(), 'gauntlet-report-'))
let browser: Browser | undefined
const pages: Page[] = []

afterEach(async () => {
  for (const page of pages.splice(0)) await page.context().close()
})
afterAll(async () => {
  await browser?.close()
  rmSync(folder, { recursive: true, force: true })
})

type Seen = { page: Page; problems: string[]; requests: string[] }
type Look = { width?: number; scheme?: 'light' | 'dark' }

/** Opens a page from disk and notes everything that it does beyond being read. */
async function open(context: TestContext, name: string, text: string, look: Look = {}): Promise<Seen> {
  requireOrSkip('chromium', context)
  browser ??= await chromium.launch({ executablePath: '/usr/bin/chromium', args: ARGS })
  const file = join(folder, name)
  writeFileSync(file, text)
  const surroundings = await browser.newContext({
    viewport: { width: look.width ?? 1280, height: 900 },
    colorScheme: look.scheme ?? 'light',
  })
  const page = await surroundings.newPage()
  pages.push(page)
  const seen: Seen = { page, problems: [], requests: [] }
  page.on('console', message => seen.problems.push(`console: ${message.text()}`))
  page.on('pageerror', error => seen.problems.push(`error: ${error.message}`))
  page.on('dialog', dialog => seen.problems.push(`dialog: ${dialog.message()}`))
  page.on('request', request => seen.requests.push(request.url()))
  await page.addInitScript(WATCH)
  await page.goto(pathToFileURL(file).href, { waitUntil: 'load' })
  return seen
}

/** Nothing asked for, nothing said, nothing blocked, nothing run. */
async function expectQuiet({ page, problems, requests }: Seen): Promise<void> {
  const state = await page.evaluate<State>(STATE)
  expect(state).toEqual({ violations: [], pwned: 0, scripts: 0, foreign: 0, styled: 0, listeners: 0 })
  expect(problems).toEqual([])
  expect(requests).toEqual([page.url()])
}

const REPORTS = {
  'one cell': makeAnalysis({ repeats: 3 }),
  'fifteen cells, records lost': makeAnalysis({ axes: 2, repeats: 3, trouble: 'loss' }),
  'a sweep with a slow generator': makeAnalysis({ axes: 1, repeats: 2, trouble: 'slow' }),
  'a run that was cut off': makeAnalysis({ trouble: 'cut' }),
}

describe.each(Object.entries(REPORTS))('%s', (name, analysis) => {
  const judgement = makeJudgement(analysis)
  const file = `${name.replaceAll(/\W/g, '-')}.html`

  it('shows its verdict at the top, quietly', async context => {
    const seen = await open(context, file, await renderHtml(analysis, judgement))
    await expectQuiet(seen)
    const word = seen.page.getByText(judgement.verdict.toUpperCase(), { exact: true }).first()
    expect(await word.isVisible()).toBe(true)
    expect((await word.boundingBox())?.y).toBeLessThan(300)
    const size = await seen.page.evaluate<number>(FONT_SIZE)
    expect(size, 'the stylesheet is allowed by its hash').toBeGreaterThan(20)
  })

  it.for([1280, 800])('keeps every picture within a page of %i pixels', async (width, context) => {
    const seen = await open(context, file, await renderHtml(analysis, judgement), { width })
    const boxes = await seen.page.evaluate<Box[]>(PICTURES)
    expect(boxes.length).toBeGreaterThan(10)
    for (const box of boxes) {
      expect(box.width).toBeGreaterThan(0)
      expect(box.height).toBeGreaterThan(0)
      expect(box.left).toBeGreaterThanOrEqual(0)
      expect(box.right).toBeLessThanOrEqual(width)
    }
    const overflow = await seen.page.evaluate<number>(OVERFLOW)
    expect(overflow).toBeLessThanOrEqual(0)
  })
})

it('these eyes would notice a page that runs, loads or is blocked', async context => {
  const bad = `<meta http-equiv="Content-Security-Policy" content="style-src 'none'"><style>p{}</style><script>window.pwned=1</script><img src="file:///nowhere.png">`
  const { page, problems, requests } = await open(context, 'bad.html', bad)
  const state = await page.evaluate<State>(STATE)
  expect(state).toMatchObject({ pwned: 1, scripts: 1, foreign: 2 })
  expect(state.violations.length).toBeGreaterThan(0)
  expect(problems.length).toBeGreaterThan(0)
  expect(requests).toHaveLength(2)
})

describe('light, dark and print', () => {
  const analysis = makeAnalysis({ axes: 2, trouble: 'loss' })

  it('has text that can be read on its ground in both schemes', async context => {
    const page = await renderHtml(analysis, makeJudgement(analysis))
    for (const scheme of ['light', 'dark'] as const) {
      const seen = await open(context, `scheme-${scheme}.html`, page, { scheme })
      const worst = await seen.page.evaluate<{ where: string; contrast: number }>(CONTRAST)
      expect(worst.contrast, `${scheme}: ${worst.where}`).toBeGreaterThan(4.4)
      await expectQuiet(seen)
    }
  })

  it('prints in light shades with its folded parts open', async context => {
    const { page } = await open(context, 'print.html', await renderHtml(analysis, makeJudgement(analysis)), {
      scheme: 'dark',
    })
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' })
    expect(await page.evaluate<string>(PAGE_COLOUR)).toBe('rgb(255, 255, 255)')
    const folded = await page.evaluate<number>(FOLDED_HEIGHT)
    expect(folded).toBeGreaterThan(0)
  })
})

describe('hostile text', () => {
  const analysis = makeAnalysis({ axes: 2, cells: 4, repeats: 2, trouble: 'loss' })
  const judgement = makeJudgement(analysis)
  const all = PAYLOADS.filter(payload => payload.length < 200).join(' ')

  it('neither runs nor loads nor breaks out, all payloads in every field', async context => {
    const seen = await open(context, 'hostile.html', await renderHtml(hostile(analysis, all), hostile(judgement, all)))
    await seen.page.evaluate<Box[]>(PICTURES)
    await expectQuiet(seen)
    expect(await seen.page.title()).toContain('<script>window.pwned=1</script>')
    expect(await seen.page.locator('section').count()).toBeGreaterThan(7)
  })

  it.for(PAYLOADS.slice(0, 10))('%s stands on the page as text', async (payload, context) => {
    const text = await renderHtml(hostile(analysis, payload), hostile(judgement, payload), { detailCells: 1 })
    const seen = await open(context, 'payload.html', text)
    await expectQuiet(seen)
    expect(await seen.page.locator('h1').textContent()).toBe(`${payload}compression-by-linger`)
  })

  it('leaves JUnit well formed in the eyes of a browser’s XML parser', async context => {
    const { page } = await open(context, 'empty.html', '<!doctype html><title>x</title>')
    for (const payload of PAYLOADS) {
      const xml = renderJunit(hostile(analysis, payload), hostile(judgement, payload))
      const read = await page.evaluate<XmlCounts>(readXml(xml))
      expect(read.errors, payload.slice(0, 40)).toBe(0)
      expect(read.cases).toBeGreaterThanOrEqual(24)
    }
  })
})

describe('a comparison', () => {
  const a = makeAnalysis({ axes: 2, repeats: 3 })
  const b = makeAnalysis({ axes: 2, repeats: 3, seed: 9, slower: 1.2, cells: 14 })

  it.for([1280, 800])('is quiet and within a page of %i pixels', async (width, context) => {
    const seen = await open(context, 'compare.html', await renderComparisonHtml(compareAnalyses(a, b)), {
      width,
    })
    for (const box of await seen.page.evaluate<Box[]>(PICTURES)) {
      expect(Math.min(box.width, box.height)).toBeGreaterThan(0)
      expect(box.right).toBeLessThanOrEqual(width)
    }
    await expectQuiet(seen)
  })
})
