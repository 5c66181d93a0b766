// The ends that are told: the upper one is refuted first, the lower one confirmed next, as its trials leave brokers the way a soak needs them.
import { climb, confirmLow, type Ends } from './ends.ts'
import type { SearchOptions } from './terms.ts'
import type { Trials } from './trials.ts'

const MOST_SOAKS = 4

/** `low` is the step that is told, and `failed` the lowest at which a soak did not hold. */
export type Soaked = { low: number; soaked: boolean; failed?: number | undefined }

/** `held` is the highest step that short trials confirmed, and `high` the one above that they refuted. */
export type Settled = Soaked & { held: number; high: number }

/** Holds the lower end for long; a step down where it does not. */
export async function soak(trials: Trials, held: number, { soakMs }: SearchOptions): Promise<Soaked> {
  let [low, failed]: [number, number | undefined] = [held, undefined]
  trials.due.soak = false
  if (soakMs === 0) return { low, soaked: false }
  for (let i = 0; i < MOST_SOAKS; i++) {
    const probe = trials.soakAt(low) ?? (await trials.probe(low, 'soak', soakMs))
    if (!probe) break
    if (probe.state === 'good') return { low, soaked: true, failed }
    if (probe.state === 'bad') failed = low
    if (low <= trials.lowestStep) break
    low -= 1
  }
  return { low, soaked: false, failed }
}

/** Confirms the upper end; steps on which trials do not agree stay below it. */
async function confirmHigh(trials: Trials, ends: Ends, ceiling: number): Promise<Ends> {
  let { low, high } = ends
  while (trials.hasTrial && high <= ceiling) {
    const side = await trials.confirm(high)
    if (side === 'bad' || (side === 'open' && !trials.hasTrial)) break
    if (side === 'open') high += 1
    // One trial had failed by bad luck, and everything above it was never asked.
    else ({ low, high } = await climb(trials, high, ceiling))
  }
  return { low, high }
}

/**
 * Spends what is left of the time on the upper end, when no other lower one could be soaked any more: it has to fail once
 * more on brokers that are as old as the one that holds. Where it does not, it lies higher: two steps at once, lest time run
 * out among rates that hold, and then the one between.
 */
async function spendRest(trials: Trials, high: number, ceiling: number): Promise<number> {
  let [held, step] = [high - 1, high]
  while (trials.hasTrial && step <= ceiling) {
    const { good, bad } = trials.lateAt(step)
    if (good > bad) {
      held = step
      step += step + 1 === ceiling ? 1 : 2
    } else if (bad > good && step - held > 1) {
      const between = await trials.probe(step - 1, 'confirm')
      if (between?.state === 'good') held = step - 1
      else if (between?.state === 'bad') step -= 1
      else break
    } else if (bad - good > 1 || (bad > good && trials.verdictAt(step) === 'bad')) break
    else if ((await trials.probe(step, 'confirm'))?.state === 'invalid') break
  }
  return step
}

/**
 * Confirms both ends and soaks the lower one; trials that overload brokers come before those that must hold. What is left
 * of the time goes to the upper end first, and then to the lower one, behind which the soak stands already.
 */
export async function settle(trials: Trials, ends: Ends, ceiling: number, options: SearchOptions): Promise<Settled> {
  trials.due.low = true
  const upper = await confirmHigh(trials, ends, ceiling)
  trials.due.low = false
  const { low: held, high } = await confirmLow(trials, upper)
  const soaked = await soak(trials, held, options)
  trials.lateFrom = trials.probes.length
  const told = { ...soaked, held, high: await spendRest(trials, high, ceiling) }
  if (told.soaked) await trials.confirm(told.low)
  return told
}
