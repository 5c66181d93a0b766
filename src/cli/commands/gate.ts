// gauntlet gate: a recording against a stored baseline, only where machine and load are alike; or, with --save, the baseline itself.
import { stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { commonCutSeconds } from '../../analysis/ab.ts'
import { type GateResult, type GateSide, gateSideOf, gateSides, unlikenessOf } from '../../analysis/gate.ts'
import { EXIT, HarnessError } from '../../core/errors.ts'
import { strongestExit } from '../../core/verdict.ts'
import { readBaseline, writeBaseline } from '../../recording/baseline.ts'
import { writeSealed } from '../../recording/write.ts'
import { type Annotation, annotationsOf } from '../../report/annotations.ts'
import { renderGateMarkdown, renderGateTerminal } from '../../report/gate.ts'
import { renderGateJunit } from '../../report/gate-junit.ts'
import { type Finished, judgeRecording, readCauses } from '../../run/finish.ts'
import { LEAST_TRIALS } from '../../stats/unpaired.ts'
import type { Judgement } from '../../verify/judgement.ts'
import type { CommandInput } from '../commands.ts'
import { publish } from '../shared/github.ts'
import { metricsOf } from '../shared/margins.ts'
import { readNoise } from '../shared/noise.ts'
import { findRecording } from '../shared/recordings.ts'

type Run = Omit<Finished, 'files'> & { causes: Judgement['causes'] }
type Cause = Judgement['causes'][number]

/** Compares, or saves a baseline; the exit code is the strongest of what failed and what was decided. */
export async function execute(input: CommandInput): Promise<number> {
  const { positionals, options } = input
  if ((options.baseline === undefined) === (options.save === undefined))
    throw new HarnessError({
      code: 'E201',
      message: options.save === undefined ? 'gate needs a baseline' : '--baseline and --save exclude each other',
      hint: 'compare with --baseline FILE|DIR, or write a baseline with --save FILE',
    })
  const out = options.out ?? 'reports'
  const runs = await readRuns(await Promise.all(positionals.map(name => findRecording(name, out))))
  return options.save === undefined ? compare(input, runs, out) : save(input, runs, options.save)
}

async function compare(input: CommandInput, runs: Run[], out: string): Promise<number> {
  const { io, options } = input
  const { base, candidate } = await sidesOf(runs, options.baseline ?? '', out)
  refuseUnlike(base, candidate, 'the recording cannot be held against this baseline')
  const { floors } = await readNoise(candidate.environment.fingerprint, candidate.scenario)
  const compared = gateSides(base, candidate, metricsOf(options.margin, candidate.closedLoop), floors)
  const { hard, doubts } = causesOf(runs)
  const isDoubtful = doubts.length > 0 && compared.decision !== 'REGRESSION'
  const result: GateResult = isDoubtful ? { ...compared, decision: 'INCONCLUSIVE' } : compared
  const exitCode = strongestExit([...hard.map(cause => cause.exitCode), exitOf(result, input)])
  const causes = [...hard, ...doubts]
  const texts = causes.map(cause => cause.text)
  const markdown = renderGateMarkdown(result, texts)
  const directory = runs[0]?.recording.directory ?? out
  await writeSealed(join(directory, 'gate.json'), `${JSON.stringify({ ...result, exitCode, causes }, null, 1)}\n`)
  await writeSealed(join(directory, 'gate.md'), markdown)
  if (options.junit !== undefined) await writeJunit(options.junit, renderGateJunit(candidate.scenario, result, causes))
  if (options.json) io.line(JSON.stringify({ directory, exitCode, causes, ...result }, null, 2))
  else io.line(renderGateTerminal(result, texts, { colour: io.colour, width: io.width }))
  if (options.github) {
    const rules = runs.flatMap(run => annotationsOf(run.judgement, run.recording.manifest.scenario.file))
    await publish(io, markdown, [...rules, ...decisionNote(result, input)])
  }
  return exitCode
}

async function save({ io, options }: CommandInput, runs: Run[], path: string): Promise<number> {
  refuseFailed(runs)
  const cutSeconds = cutOf(runs)
  const side = sideOf(await recut(runs, cutSeconds), cutSeconds)
  await writeBaseline(path, side)
  const few = side.cells.flatMap(({ label, trials }) => {
    const count = trials.filter(trial => trial.leftOut === undefined).length
    return count < LEAST_TRIALS ? [`cell ${label} has ${count} trials that count, a gate needs ${LEAST_TRIALS}`] : []
  })
  if (options.json) io.line(JSON.stringify({ path, notes: few, ...side }, null, 2))
  else for (const line of [`baseline  ${path}`, ...few.map(text => `  ${text}`)]) io.line(line)
  return EXIT.pass
}

async function readRuns(directories: readonly string[]): Promise<Run[]> {
  const runs: Run[] = []
  for (const directory of new Set(directories.map(path => resolve(path)))) {
    const causes = await readCauses(directory)
    runs.push({ ...(await judgeRecording(directory, { causes })), causes })
  }
  return runs
}

const cutOf = (runs: readonly Run[]): number => Math.max(0, ...runs.map(run => commonCutSeconds(run.analysis)))

async function recut(runs: readonly Run[], cutSeconds: number): Promise<Run[]> {
  if (cutSeconds === 0) return [...runs]
  const cut: Run[] = []
  for (const { causes, recording } of runs)
    cut.push({ ...(await judgeRecording(recording.directory, { causes, cutSeconds })), causes })
  return cut
}

function sideOf(runs: readonly Run[], cutSeconds: number): GateSide {
  const sides = runs.map(({ analysis, recording }) => {
    const phases = recording.trials.flatMap(trial => trial.record?.phases ?? [])
    const closedLoop = phases.some(phase => phase.name === 'measure' && phase.max)
    return { analysis, closedLoop, side: gateSideOf([analysis], { closedLoop, cutSeconds }) }
  })
  const [first, ...others] = sides
  if (!first) throw new TypeError('a side needs a run')
  const twice = sides.find(
    (one, index) => sides.findIndex(other => other.analysis.runId === one.analysis.runId) < index,
  )
  if (twice)
    throw new HarnessError({
      code: 'E201',
      message: `run ${twice.analysis.runId} is given twice`,
      hint: 'copies of one run are no further trials',
    })
  for (const other of others) refuseUnlike(first.side, other.side, 'runs of one side are not alike')
  return gateSideOf([first.analysis, ...others.map(other => other.analysis)], {
    closedLoop: first.closedLoop,
    cutSeconds,
  })
}

/** Both sides with the same cut: the longest that either needs, or that of a stored baseline. */
async function sidesOf(runs: Run[], name: string, out: string): Promise<{ base: GateSide; candidate: GateSide }> {
  const needed = cutOf(runs)
  const isFile = await stat(name).then(
    found => found.isFile(),
    () => false,
  )
  if (isFile) {
    const base = await readBaseline(name)
    return { base, candidate: sideOf(await recut(runs, base.cutSeconds), needed) }
  }
  const stored = await readRuns([await findRecording(name, out)])
  refuseFailed(stored)
  const cutSeconds = Math.max(needed, cutOf(stored))
  return {
    base: sideOf(await recut(stored, cutSeconds), cutSeconds),
    candidate: sideOf(await recut(runs, cutSeconds), needed),
  }
}

function refuseUnlike(a: GateSide, b: GateSide, message: string): void {
  const rows = unlikenessOf(a, b)
  if (rows.length === 0) return
  throw new HarnessError({
    code: 'E402',
    message: `${message}: ${rows.map(row => `${row.what} ${row.a} against ${row.b}`).join('; ')}`,
    hint: 'save a baseline on this machine, of this scenario at this load: gauntlet gate RUN --save FILE',
  })
}

/** What failed stands whatever the numbers are; what could not be checked leaves doubt. */
function causesOf(runs: readonly Run[]): { hard: Cause[]; doubts: Cause[] } {
  const hard = runs.flatMap(run => run.judgement.causes.filter(cause => cause.exitCode !== EXIT.inconclusive))
  const doubts = runs.flatMap(({ judgement, analysis }) =>
    [
      ...judgement.checks.filter(check => check.verdict === 'inconclusive').map(check => `check "${check.name}"`),
      ...judgement.rules
        .filter(rule => rule.severity === 'fail' && rule.verdict === 'inconclusive')
        .map(rule => `rule "${rule.text}"`),
    ].map(text => ({ exitCode: EXIT.inconclusive, text: `${analysis.runId}: ${text} is inconclusive` })),
  )
  return { hard, doubts }
}

function refuseFailed(runs: readonly Run[]): void {
  const { hard } = causesOf(runs)
  if (hard.length === 0) return
  throw new HarnessError({
    code: 'E405',
    message: `a run that failed is no baseline: ${hard.map(cause => cause.text).join('; ')}`,
    hint: 'take a run that passed',
  })
}

function exitOf(result: GateResult, { options }: CommandInput): number {
  if (result.decision === 'REGRESSION') return EXIT.fail
  return result.decision === 'INCONCLUSIVE' && options['on-inconclusive'] === 'fail' ? EXIT.inconclusive : EXIT.pass
}

function decisionNote(result: GateResult, { options }: CommandInput): Annotation[] {
  const { decision, metrics, errors } = result
  if (decision === 'EQUIVALENT' || decision === 'IMPROVED') return []
  const doubt = options['on-inconclusive'] === 'pass' ? 'notice' : 'warning'
  const level = decision === 'REGRESSION' ? 'error' : decision === 'WARN' ? 'warning' : doubt
  const moved = metrics.filter(one => one.gating && one.decision === decision).map(one => `${one.cell}: ${one.name}`)
  return [{ level, title: decision, text: [...errors, ...moved].join('; ') || 'see the summary' }]
}

async function writeJunit(path: string, xml: string): Promise<void> {
  const found = await stat(dirname(resolve(path))).catch(() => undefined)
  if (!found?.isDirectory())
    throw new HarnessError({
      code: 'E310',
      message: `cannot write ${path}: its folder does not exist`,
      hint: 'make the folder, or name another file with --junit',
    })
  await writeSealed(path, xml)
}
