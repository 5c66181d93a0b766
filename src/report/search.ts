// A search in words: the rate and its interval, what limits it, and the latency–load curve of all trials.
import type { GoalResult } from '../search/goals.ts'
import type { OneDown } from '../search/one-down.ts'
import { isUndecided, type SearchResult } from '../search/search.ts'
import { showPerSecond, showShare, showUs } from './format.ts'
import { markdownTable, markdownText } from './markdown.ts'
import { painter, safe, type TerminalOptions, textTable, wrap } from './paint.ts'

const HEADS = ['rate', 'purpose', 'trial', 'missed', 'generator', 'verdict', 'why']

/** One sentence that may be quoted. */
export function searchSentence(result: SearchResult): string {
  const { state, ratePerSecond, loPerSecond, hiPerSecond, soaked, limitedBy } = result
  if (state === 'below') return `no rate that was tried is ${isUndecided(result) ? 'sure to be ' : ''}sustainable`
  const held = soaked ? 'held in the soak' : 'not soaked'
  if (state === 'above') return `at least ${showPerSecond(ratePerSecond)} (${held}); the truth may lie higher`
  const limit = limitedBy.length > 0 ? `; limited by ${limitedBy.join(', ')}` : ''
  return `${showPerSecond(ratePerSecond)} is sustainable (${held}), the truth lies in ${showPerSecond(loPerSecond)} … ${showPerSecond(hiPerSecond)}${limit}${generatorShare(result)}`
}

/** What the generator had left to do, so that nobody need ask whether the limit was its own. */
function generatorShare({ probes }: SearchResult): string {
  const cores = probes.flatMap(({ outcome }) => outcome.generatorCores ?? []).toSorted((a, b) => a - b)
  const middle = cores[Math.floor(cores.length / 2)]
  return middle === undefined ? '' : `; the busiest worker used ${showShare(middle)} of a core (median of trials)`
}

function warming({ liftedMs }: SearchResult): string[] {
  if (liftedMs === undefined) return []
  return [`the brokers ran ${Math.round(liftedMs / 1000)} s without their CPU limits before the search, to be warm`]
}

/** The same for the day a broker is down, as an answer to whether the rate holds then. */
export function oneDownSentence({ lost, ...result }: OneDown): string {
  const { state, ratePerSecond, loPerSecond, hiPerSecond, limitedBy } = result
  const head = `with ${lost} down`
  if (state === 'below') return `${head} ${searchSentence(result)}`
  if (state === 'above') return `${head} ${showPerSecond(ratePerSecond)} holds too`
  const limit = limitedBy.length > 0 ? `; limited by ${limitedBy.join(', ')}` : ''
  return `${head} ${showPerSecond(ratePerSecond)} holds, the truth lies in ${showPerSecond(loPerSecond)} … ${showPerSecond(hiPerSecond)}${limit}`
}

/** One that was lost before its end says how much of it there is. */
function lengthOf({ durationMs, outcome: { loadedMs } }: SearchResult['probes'][number]): string {
  const of = loadedMs === undefined ? '' : `${Math.round(loadedMs / 1000)} of `
  return `${of}${Math.round(durationMs / 1000)} s`
}

function rowsOf(result: SearchResult): string[][] {
  return result.probes
    .toSorted((a, b) => a.ratePerSecond - b.ratePerSecond)
    .map(probe => [
      showPerSecond(probe.ratePerSecond),
      probe.purpose,
      lengthOf(probe),
      showShare(Math.max(0, probe.outcome.missShare)),
      probe.outcome.generatorCores === undefined ? '–' : `${probe.outcome.generatorCores.toFixed(2)} cores`,
      probe.state,
      probe.guards.join(', '),
    ])
}

type Shown = SearchResult & { goal?: GoalResult['goal']; others?: readonly GoalResult[]; oneDown?: OneDown }

/** Every answer with its sentence; where there are several goals, each says which one it is of. */
function partsOf(result: Shown): { one: SearchResult; sentence: string }[] {
  const { others = [], oneDown } = result
  const of = (one: Shown): string => {
    if (others.length === 0 || !one.goal) return searchSentence(one)
    const { deadlineMs, missShare } = one.goal
    return `all but ${showShare(missShare)} within ${showUs(deadlineMs * 1000)}: ${searchSentence(one)}`
  }
  const answers = [result, ...others].map(one => ({ one, sentence: of(one) }))
  return oneDown ? [...answers, { one: oneDown, sentence: oneDownSentence(oneDown) }] : answers
}

export function renderSearchTerminal(result: Shown, { colour, width }: TerminalOptions): string {
  const paint = painter(colour)
  const heads = HEADS.map((head, index) => ({ head, numeric: [0, 2, 3, 4].includes(index) }))
  const part = (one: SearchResult, sentence: string): string[] => [
    ` ${wrap(paint('bold', safe(sentence)), width, '   ')}`,
    '',
    textTable(
      heads,
      rowsOf(one).map(row => row.map(safe)),
      paint,
    ),
    '',
    ...[...warming(one), ...one.reasons].map(text => ` ${wrap(safe(text), width, '   ')}`),
    ` ${Math.round(one.spentMs / 1000)} s of load`,
  ]
  return partsOf(result)
    .flatMap(({ one, sentence }, i) => [...(i > 0 ? [''] : []), ...part(one, sentence)])
    .join('\n')
}

export function renderSearchMarkdown(result: Shown): string {
  const part = (one: SearchResult, sentence: string): string[] => [
    `## ${markdownText(sentence)}`,
    '',
    ...markdownTable(
      HEADS.map(label => ({ label })),
      rowsOf(one).map(row => row.map(markdownText)),
    ),
    '',
    ...[...warming(one), ...one.reasons].map(text => `- ${markdownText(text)}`),
    '',
  ]
  return partsOf(result)
    .flatMap(({ one, sentence }) => part(one, sentence))
    .join('\n')
}
