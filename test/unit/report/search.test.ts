// What a search says in words, with and without the answer for the day a broker is down.
import { describe, expect, test } from 'vitest'
import { oneDownSentence, renderSearchMarkdown, renderSearchTerminal } from '../../../src/report/search.ts'
import type { OneDown } from '../../../src/search/one-down.ts'
import type { SearchResult } from '../../../src/search/search.ts'

const found: SearchResult = {
  state: 'found',
  ratePerSecond: 2000,
  loPerSecond: 1950,
  hiPerSecond: 2150,
  soaked: true,
  limitedBy: ['latency'],
  probes: [],
  reasons: ['said of the whole'],
  spentMs: 120_000,
}
const down = (change: Partial<SearchResult>): OneDown => ({
  ...found,
  soaked: false,
  reasons: ['said of the rest'],
  lost: 'broker-3',
  ...change,
})

test('the answer tells how much of a core the busiest worker used, where trials know it', () => {
  const probe = (generatorCores: number): SearchResult['probes'][number] => ({
    ratePerSecond: 2000,
    durationMs: 8000,
    purpose: 'confirm',
    guards: [],
    state: 'good',
    outcome: {
      offeredShare: 1,
      missShare: 0,
      errors: 0,
      producerGrowthShare: 0,
      lagGrowthShare: {},
      drainMs: 10,
      isClusterChanged: false,
      isGeneratorLimited: false,
      generatorCores,
    },
  })
  const text = renderSearchMarkdown({ ...found, probes: [probe(0.1), probe(0.4), probe(0.2)] })
  expect(text).toContain('the busiest worker used 20 % of a core')
  expect(text).toContain('0.40 cores')
  expect(renderSearchMarkdown(found)).not.toContain('of a core')
})

test('a soak that was lost says how much of it there is', () => {
  const [outcome, request] = [
    {
      ...{ offeredShare: 1, missShare: 0.05, errors: 0, producerGrowthShare: 0, lagGrowthShare: {}, drainMs: 10 },
      ...{ isClusterChanged: false, isGeneratorLimited: false },
    },
    { ratePerSecond: 2000, durationMs: 20_000, purpose: 'soak' as const },
  ]
  const probes: SearchResult['probes'] = [
    { ...request, guards: ['latency'], state: 'bad', outcome: { ...outcome, loadedMs: 8000 } },
    { ...request, guards: [], state: 'good', outcome: { ...outcome, missShare: 0 } },
  ]
  const rows = renderSearchMarkdown({ ...found, probes }).match(/\| soak \|[^|]*\|/g)
  expect(rows?.map(row => row.split('|')[2]?.trim())).toEqual(['8 of 20 s', '20 s'])
})

test('where no rate can be told and yet a trial held, the sentence says no more than that', () => {
  const outcome = {
    ...{ offeredShare: 1, missShare: 0, errors: 0, producerGrowthShare: 0, lagGrowthShare: {}, drainMs: 10 },
    ...{ isClusterChanged: false, isGeneratorLimited: false },
  }
  const probe = { ratePerSecond: 2000, durationMs: 8000, purpose: 'confirm' as const, guards: [], outcome }
  const probes: SearchResult['probes'] = [
    { ...probe, guards: ['latency'], state: 'bad' },
    { ...probe, state: 'good' },
  ]
  expect(oneDownSentence(down({ state: 'below', probes }))).toBe(
    'with broker-3 down no rate that was tried is sure to be sustainable',
  )
  expect(renderSearchMarkdown({ ...found, state: 'below', probes })).toContain('is sure to be sustainable')
})

describe('oneDownSentence', () => {
  test.each<[Partial<SearchResult>, string]>([
    [{ state: 'above' }, 'with broker-3 down 2000/s holds too'],
    [
      { ratePerSecond: 1500, loPerSecond: 1460, hiPerSecond: 1610 },
      'with broker-3 down 1500/s holds, the truth lies in',
    ],
    [{ state: 'below' }, 'with broker-3 down no rate that was tried is sustainable'],
  ])('%o → %s', (change, text) => expect(oneDownSentence(down(change))).toContain(text))
})

test.each([
  [
    'terminal',
    (result: SearchResult & { oneDown?: OneDown }) => renderSearchTerminal(result, { colour: false, width: 200 }),
  ],
  ['Markdown', renderSearchMarkdown],
])('%s has both answers where both were asked for', (_, render) => {
  const both = render({ ...found, oneDown: down({ state: 'above' }) })
  for (const text of ['is sustainable', 'said of the whole', 'holds too', 'said of the rest'])
    expect(both).toContain(text)
  expect(render(found)).not.toContain('holds too')
})

test('with several goals each answer says which one it is of', () => {
  const goal = { deadlineMs: 500, missShare: 0.01 }
  const other = { ...found, ratePerSecond: 1000, goal: { deadlineMs: 100, missShare: 0.01 }, reasons: [] }
  const text = renderSearchMarkdown({ ...found, goal, others: [other], oneDown: down({ state: 'above' }) })
  const headings = text.split('\n').filter(line => line.startsWith('## '))
  expect(headings[0]).toContain('all but 1 % within 500 ms: 2000/s is sustainable')
  expect(headings[1]).toContain('all but 1 % within 100 ms: 1000/s is sustainable')
  expect(headings[2]).toContain('with broker\\-3 down')
  expect(renderSearchMarkdown({ ...found, goal, others: [] })).not.toContain('within 500 ms')
})
