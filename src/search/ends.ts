// Where a search looks: a bracket of a rate that holds and one that does not, narrowed, and climbed from where its upper end holds after all.
import type { Trials } from './trials.ts'

const COARSE_DOWN = 0.8
const COARSE_UP = 1.15

/** A good step below and a bad one above. */
export type Ends = { low: number; high: number }
/** Either may be missing. */
export type Bracket = { low: number | undefined; high: number | undefined }
/** Why an end is missing: the generator failed, nobody asks for more, or time ran out. */
export type Ended = 'generator' | 'ceiling' | 'time'

/**
 * Coarse steps that grow twice as wide: down until one holds, or up until one does not. On the way down one that fails is asked
 * twice, as what lies above it is left; on the way up it ends the bracket, and is asked again when the ends are confirmed.
 */
export async function bracket(trials: Trials, ceiling: number): Promise<Bracket & { endedBy?: Ended }> {
  let [step, low, high]: [number, number | undefined, number | undefined] = [trials.firstStep, undefined, undefined]
  let [down, up, ups] = [trials.stepsFor(COARSE_DOWN), trials.stepsFor(COARSE_UP), 0]
  const ask = () => (low === undefined ? trials.probeTwice(step, 'bracket') : trials.probe(step, 'bracket'))
  for (;;) {
    const isCeiling = step >= ceiling
    const probe = isCeiling ? undefined : await ask()
    if (!probe && !isCeiling) return { low, high, endedBy: 'time' }
    // Nowhere to go from either end, so that one bad trial there must not decide.
    const isEnd = isCeiling || (step <= trials.lowestStep && probe?.state === 'bad')
    const isGood = isEnd ? (await trials.confirm(step)) === 'good' : probe?.state === 'good'
    if (trials.probes.at(-1)?.state === 'invalid') return { low, high, endedBy: 'generator' }
    if (isGood && isCeiling) return { low: step, high, endedBy: 'ceiling' }
    if (isGood) low = step
    else high = step
    if ((low !== undefined && high !== undefined) || (!isGood && step <= trials.lowestStep)) return { low, high }
    step = isGood ? Math.min(ceiling, step + up) : Math.max(trials.lowestStep, step - down)
    // The first step up is made twice: a closed loop tells a little less than what holds, and more than that overloads what is tried next.
    if (isGood) up *= ups++ === 0 ? 1 : 2
    else down *= 2
  }
}

/** Halves the bracket until its ends are neighbours. */
export async function narrow(trials: Trials, ends: Ends): Promise<Ends> {
  let { low, high } = ends
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    const probe = await trials.probe(middle, 'narrow')
    if (!probe || probe.state === 'invalid') break
    if (probe.state === 'good') low = middle
    else high = middle
  }
  return { low, high }
}

/** Confirms the lower end, a step down where it is refuted. */
export async function confirmLow(trials: Trials, ends: Ends): Promise<Ends> {
  let { low, high } = ends
  while (trials.hasTrial) {
    const side = await trials.confirm(low)
    if (side === 'good' || low <= trials.lowestStep) break
    if (side === 'bad') high = low
    // Trials that had no time to agree are no reason to go lower, unless more of them failed than held.
    else if (!trials.hasTrial && trials.leaningAt(low) !== 'bad') break
    low -= 1
  }
  return { low, high }
}

/** From a step that holds upwards, twice as wide each time, until one does not; then between the two. */
export async function climb(trials: Trials, held: number, ceiling: number): Promise<Ends> {
  let low = held
  for (let width = 1; low < ceiling; width *= 2) {
    const step = Math.min(ceiling, low + width)
    const probe = await trials.probeTwice(step, 'bracket')
    if (!probe || probe.state === 'invalid') return { low, high: step }
    if (probe.state === 'bad') return narrow(trials, { low, high: step })
    low = step
  }
  return { low, high: low + 1 }
}
