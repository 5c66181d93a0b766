// gauntlet ab: two arms in randomised pairs on one boot, then a decision; two equal arms measure this machine's own noise.
import { join } from 'node:path'
import { type AbMetric, type AbResult, commonCutSeconds, compareArms } from '../../analysis/ab.ts'
import { EXIT, HarnessError } from '../../core/errors.ts'
import { seededRandom } from '../../core/random.ts'
import { strongestExit } from '../../core/verdict.ts'
import { pairPlans } from '../../plan/ab.ts'
import { describeEnvironment } from '../../recording/environment.ts'
import { writeSealed } from '../../recording/write.ts'
import { renderAbMarkdown, renderAbTerminal } from '../../report/ab.ts'
import { type Annotation, annotationsOf } from '../../report/annotations.ts'
import { finishRecording, judgeRecording } from '../../run/finish.ts'
import { LEAST_PAIRS } from '../../stats/decision.ts'
import { smallestVisible } from '../../stats/pairs.ts'
import type { CommandInput } from '../commands.ts'
import type { Io } from '../io.ts'
import { publish } from '../shared/github.ts'
import { type Loaded, loadPlan } from '../shared/load.ts'
import { metricsOf } from '../shared/margins.ts'
import { type Noise, readNoise, rememberNoise } from '../shared/noise.ts'
import { runSession } from '../shared/session.ts'

type Design = { made: Loaded; metrics: AbMetric[]; isSame: boolean }

/** Runs the comparison; the exit code is the strongest of what happened, what was judged and what was decided. */
export async function execute(input: CommandInput): Promise<number> {
  const { io, options } = input
  const { made, metrics, isSame } = await designOf(input)
  const { plan, loaded } = made
  const { fingerprint } = describeEnvironment()
  const noise = await readNoise(fingerprint, plan.scenario.name)
  if (!options.quiet && !options.json) sayWhatCanBeSeen(io, metrics, noise, plan.scenario.repeat)
  const { directory, causes } = await runSession(made, input)
  const { analysis, judgement, files } = await finishRecording(directory, causes, new Date().toISOString())
  const cutSeconds = commonCutSeconds(analysis)
  const cut = cutSeconds > 0 ? (await judgeRecording(directory, { causes, cutSeconds })).analysis : analysis
  const result = compareArms(cut, metrics, isSame ? {} : noise.floors, {
    cutSeconds,
    random: seededRandom(plan.scenario.seed),
  })
  if (isSame && result.pairs.used >= LEAST_PAIRS)
    await rememberNoise(fingerprint, plan.scenario.name, result, new Date().toISOString())
  // Doubt about single trials has left out their pairs already; failures and accidents stand.
  const hard = judgement.causes.filter(cause => cause.exitCode !== EXIT.inconclusive)
  const exitCode = strongestExit([...hard.map(cause => cause.exitCode), exitOf(result, input)])
  const markdown = `${renderAbMarkdown(result)}${hard.map(cause => `- ${cause.text}\n`).join('')}`
  await writeSealed(join(directory, 'ab.json'), `${JSON.stringify({ ...result, exitCode, causes: hard }, null, 1)}\n`)
  await writeSealed(join(directory, 'ab.md'), markdown)
  if (options.json) io.line(JSON.stringify({ directory, exitCode, causes: hard, ...result }, null, 2))
  else {
    io.line(renderAbTerminal(result, { colour: io.colour, width: io.width }))
    for (const cause of hard) io.line(` ${cause.text}`)
    io.line(` report  ${files.html}`)
  }
  if (options.github) await publish(io, markdown, [...annotationsOf(judgement, loaded.file), ...decisionNote(result)])
  return exitCode
}

async function designOf(input: CommandInput): Promise<Design> {
  const { positionals, options } = input
  const [baseFile = '', candidateFile = baseFile] = positionals
  const base = await loadPlan(baseFile, input, options['base-with'] ?? [])
  const candidate = await loadPlan(candidateFile, input, options['candidate-with'] ?? [])
  for (const { plan, loaded } of [base, candidate])
    if (plan.cells.length > 1)
      throw new HarnessError({
        code: 'E201',
        message: `${loaded.file} has ${plan.cells.length} cells; an arm is one of them`,
        hint: `pin ${plan.scenario.matrix.axes.map(axis => `${axis.scope}.${axis.setting}`).join(', ')} with --base-with and --candidate-with`,
      })
  const pairs = options.pairs ?? 7
  if (!Number.isInteger(pairs) || pairs < LEAST_PAIRS)
    throw new HarnessError({
      code: 'E201',
      message: `--pairs ${pairs} is not a whole number of at least ${LEAST_PAIRS}`,
    })
  const arms = [base.plan, candidate.plan].map(({ setups, boots, scenario }) =>
    JSON.stringify([
      setups.map(({ cell: _, scenario: { matrix: __, ...rest }, ...setup }) => [setup, rest]),
      boots,
      scenario.cluster,
    ]),
  )
  const isClosedLoop = base.plan.scenario.load.segments.some(segment => segment.phase === 'measure' && segment.max)
  return {
    made: { ...base, plan: pairPlans(base.plan, candidate.plan, pairs) },
    metrics: metricsOf(options.margin, isClosedLoop),
    isSame: arms[0] === arms[1],
  }
}

function sayWhatCanBeSeen(io: Io, metrics: readonly AbMetric[], noise: Noise, pairs: number): void {
  for (const { name, marginShare } of metrics.filter(metric => metric.gating)) {
    const sd = noise.pairSd[name]
    const margin = Math.max(marginShare, Math.min(0.25, noise.floors[name]?.floorShare ?? 0))
    const seen =
      sd === undefined
        ? 'what this machine can see is not known: run the scenario against itself'
        : `this machine sees ${(smallestVisible(sd, pairs, margin) * 100).toFixed(0)}% and more with ${pairs} pairs`
    io.line(`${name}: margin ${(margin * 100).toFixed(0)}%, ${seen}`)
  }
}

function exitOf(result: AbResult, { options }: CommandInput): number {
  if (result.decision === 'REGRESSION') return EXIT.fail
  return result.decision === 'INCONCLUSIVE' && options['on-inconclusive'] === 'fail' ? EXIT.inconclusive : EXIT.pass
}

function decisionNote(result: AbResult): Annotation[] {
  if (['EQUIVALENT', 'IMPROVED'].includes(result.decision)) return []
  const level = result.decision === 'REGRESSION' ? 'error' : 'warning'
  const moved = result.metrics.filter(metric => metric.gating && metric.decision === result.decision)
  return [{ level, title: result.decision, text: moved.map(metric => metric.name).join(', ') || 'see the summary' }]
}
