// What the sessions of a campaign come to: shares of every decision, real and resampled, and the noise floor they leave behind.
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Analysis } from '../../src/analysis/analysis.ts'
import { metricsOf } from '../../src/cli/shared/margins.ts'
import { readNoise } from '../../src/cli/shared/noise.ts'
import { seededRandom } from '../../src/core/random.ts'
import { percent } from '../../src/report/ab.ts'
import { judgeRecording, readCauses } from '../../src/run/finish.ts'
import type { Decision } from '../../src/stats/decision.ts'
import { smallestVisible } from '../../src/stats/pairs.ts'
import { neighboursOf, resampledSession } from './campaign-resample.ts'
import { MEASURE_S } from './campaign-scenarios.ts'
import { type Planted, type Session, storedSessions } from './campaign-sessions.ts'

const DECISIONS: readonly Decision[] = ['REGRESSION', 'WARN', 'EQUIVALENT', 'IMPROVED', 'INCONCLUSIVE']
const RESAMPLED = 1000
const LEAST_TRIALS = 60
const SEED = 20261129

function row(name: string, pairs: number, decisions: readonly Decision[], note: string): string {
  const counts = DECISIONS.map(decision => decisions.filter(one => one === decision).length)
  return `| ${name} | ${decisions.length} | ${pairs} × ${MEASURE_S} s | ${counts.join(' | ')} | ${note} |`
}

const pairsOf = (sessions: readonly Session[]): number => sessions[0]?.pairs.planned ?? 0

const share = (count: number, of: number): string => (of > 0 ? percent(count / of) : 'none ran')

function toldApart(decisions: readonly Decision[]): string {
  const wrong = decisions.filter(decision => decision === 'REGRESSION' || decision === 'IMPROVED').length
  return `told apart: ${share(wrong, decisions.length)}`
}

function found(sessions: readonly Session[]): string {
  const count = sessions.filter(session => session.decision === 'REGRESSION').length
  return `found: ${share(count, sessions.length)}`
}

async function resampled(sessions: readonly Session[]): Promise<{ decisions: Decision[]; trials: number }> {
  const analyses: Analysis[] = []
  for (const { directory } of sessions)
    analyses.push((await judgeRecording(directory, { causes: await readCauses(directory) })).analysis)
  const trials = analyses.reduce((sum, one) => sum + one.cells.reduce((own, cell) => own + cell.trials.length, 0), 0)
  const [like] = analyses
  const stored = analyses.flatMap(neighboursOf)
  if (!like || trials < LEAST_TRIALS) return { decisions: [], trials }
  const random = seededRandom(SEED)
  const metrics = metricsOf(undefined, false)
  const pairs = pairsOf(sessions)
  const decisions = Array.from(
    { length: RESAMPLED },
    () => resampledSession(like, stored, { pairs, metrics, random }).decision,
  )
  return { decisions, trials }
}

async function noiseRows(fingerprint: string, pairs: number): Promise<string[]> {
  const noise = await readNoise(fingerprint, 'campaign-aa')
  return metricsOf(undefined, false)
    .filter(metric => metric.gating)
    .map(({ name, marginShare }) => {
      const [floor, sd] = [noise.floors[name], noise.pairSd[name]]
      if (!floor || sd === undefined) return `| ${name} | ${percent(marginShare)} | – | – | – |`
      const margin = Math.max(marginShare, floor.floorShare)
      const cells = [
        percent(marginShare),
        percent(floor.floorShare),
        percent(sd),
        percent(smallestVisible(sd, pairs, margin)),
      ]
      return `| ${name} | ${cells.join(' | ')} |`
    })
}

/** Prints the tables and keeps them. */
export async function printTables(folder: string, fingerprint: string, path: string): Promise<void> {
  const [aa, routed, planted, linger] = [
    await storedSessions(folder, 'aa'),
    await storedSessions(folder, 'routed'),
    await storedSessions(folder, 'planted'),
    await storedSessions(folder, 'linger'),
  ]
  const { decisions, trials } = await resampled(aa)
  const plan = await readFile(join(folder, 'planted.json'), 'utf8')
    .then(text => JSON.parse(text) as Planted)
    .catch(() => undefined)
  const plant = plan
    ? `${plan.delayMs} ms = ${percent(plan.effectShare)}, margin ${percent(plan.marginShare)}; said before: sees ${percent(plan.visibleShare)} and more; `
    : ''
  const decided = (sessions: readonly Session[]): Decision[] => sessions.map(session => session.decision)
  const lines = [
    `| campaign | sessions | pairs | ${DECISIONS.join(' | ')} | |`,
    `|---|--:|--:|${'--:|'.repeat(DECISIONS.length)}---|`,
    row('equal arms', pairsOf(aa), decided(aa), toldApart(decided(aa))),
    row(`resampled from ${trials} trials, neighbours in time`, pairsOf(aa), decisions, toldApart(decisions)),
    row('equal arms, routed', pairsOf(routed), decided(routed), toldApart(decided(routed))),
    row('delay planted in one routed arm', pairsOf(planted), decided(planted), plant + found(planted)),
    row('linger.ms 0 against 20', pairsOf(linger), decided(linger), found(linger)),
    '',
    `Machine ${fingerprint}:`,
    '',
    '| metric | margin | noise floor | spread of a pair (median) | smallest worsening seen |',
    '|---|--:|--:|--:|--:|',
    ...(await noiseRows(fingerprint, pairsOf(aa))),
  ]
  await writeFile(path, `${lines.join('\n')}\n`)
  console.log(lines.join('\n'))
}
