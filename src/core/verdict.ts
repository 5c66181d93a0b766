// Three-valued verdicts and how they combine: a failure outweighs doubt, doubt outweighs success.

export type Verdict = 'pass' | 'fail' | 'inconclusive'

const WEIGHT: Record<Verdict, number> = { pass: 0, inconclusive: 1, fail: 2 }

/** The heaviest of several verdicts; `whenNone` is the verdict of an empty list. */
export function combineVerdicts(verdicts: readonly Verdict[], whenNone: Verdict): Verdict {
  if (verdicts.length === 0) return whenNone
  return verdicts.reduce((worst, next) => (WEIGHT[next] > WEIGHT[worst] ? next : worst))
}

/** Exit codes in the order in which one hides another; causes that lose are still listed in result.json. */
const PRECEDENCE = [8, 7, 6, 130, 143, 5, 4, 2, 70, 1, 3, 0]
/** The exit code of a bug, which a code that nobody documented is. */
const BUG = 70

/** An exit code's place among all of them, 0 the strongest; one that is not documented stands where a bug does. */
export function exitRank(code: number): number {
  const rank = PRECEDENCE.indexOf(code)
  return rank === -1 ? PRECEDENCE.indexOf(BUG) : rank
}

/** The exit code that a run with all these causes ends with. */
export function strongestExit(codes: readonly number[]): number {
  return codes.length === 0 ? 0 : (PRECEDENCE[Math.min(...codes.map(exitRank))] ?? BUG)
}
