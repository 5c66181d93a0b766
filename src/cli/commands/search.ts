// gauntlet search: the highest rate that holds, with an interval, what limits it, and every trial that says so.
import { join } from 'node:path'
import { EXIT, HarnessError } from '../../core/errors.ts'
import { parseDurationMs, parseRatio, type UnitResult } from '../../core/units.ts'
import { strongestExit } from '../../core/verdict.ts'
import { writeSealed } from '../../recording/write.ts'
import { renderSearchMarkdown, renderSearchTerminal } from '../../report/search.ts'
import { finishRecording } from '../../run/finish.ts'
import { runSearch } from '../../run/search.ts'
import type { Goal } from '../../search/goal.ts'
import { type Answers, type OneDownOptions, searchWithOneDown } from '../../search/one-down.ts'
import { isUndecided, type SearchResult } from '../../search/search.ts'
import type { CommandInput } from '../commands.ts'
import type { Options } from '../options.ts'
import { publish } from '../shared/github.ts'
import { type Loaded, loadPlan } from '../shared/load.ts'
import { runSession } from '../shared/session.ts'

const SATURATE_MS = 5000
const WARMUP_MS = 3000
/** Topics, probes, drain and settling of a trial beside its load, as seen on a small machine. */
const OVERHEAD_MS = 4000
const FLOOR_PER_SECOND = 10
/** Taking three containers down, analysis and report, as seen on a small machine. */
const ENDING_MS = 5000

/** Searches; 0 where a rate was found and soaked for every goal, 1 where none holds, 3 where the truth may lie higher, trials do not agree or time ran out. */
export async function execute(input: CommandInput): Promise<number> {
  const { io, options } = input
  const made = await loadPlan(input.positionals[0] ?? '', input)
  refuseUnfit(made)
  const settings = settingsOf(options)
  let result: Answers | undefined
  const { directory, causes } = await runSession(made, input, run =>
    runSearch(run, settings, WARMUP_MS, async cluster => {
      // Users wait for the boot and for the end as well.
      const budgetMs = settings.budgetMs - (cluster.elapsedMs?.() ?? 0) - ENDING_MS
      result = await searchWithOneDown(cluster, { ...settings, budgetMs })
    }),
  )
  const { judgement, files } = await finishRecording(directory, causes, new Date().toISOString())
  // Overload leaves trials in doubt on purpose; failures of correctness and accidents stand.
  const hard = judgement.causes.filter(cause => cause.exitCode !== EXIT.inconclusive)
  const answers = result ? [result, ...result.others] : [undefined]
  const exitCode = strongestExit([...hard.map(cause => cause.exitCode), ...answers.map(exitOf)])
  if (!result) {
    for (const cause of hard) io.error(cause.text)
    return exitCode
  }
  if (!result.oneDown) result.reasons.push(...whyWhole(made, settings))
  const markdown = renderSearchMarkdown(result)
  await writeSealed(
    join(directory, 'search.json'),
    `${JSON.stringify({ ...result, settings, exitCode, causes: hard }, null, 1)}\n`,
  )
  await writeSealed(join(directory, 'search.md'), markdown)
  if (options.json) io.line(JSON.stringify({ directory, exitCode, causes: hard, settings, ...result }, null, 2))
  else {
    io.line(renderSearchTerminal(result, { colour: io.colour, width: io.width }))
    for (const cause of hard) io.line(` ${cause.text}`)
    io.line(` report  ${files.html}`)
  }
  if (options.github) await publish(io, markdown, [])
  return exitCode
}

function exitOf(result: SearchResult | undefined): number {
  if (result?.state === 'below') return isUndecided(result) ? EXIT.inconclusive : EXIT.fail
  return result?.state === 'found' && result.soaked ? EXIT.pass : EXIT.inconclusive
}

/** Why three brokers or more were not asked about the day one is down, where nobody said so. */
function whyWhole({ plan }: Loaded, { oneDownMs }: OneDownOptions): string[] {
  const { cluster } = plan.scenario
  const alone = plan.setups.flatMap(setup => setup.topics).find(topic => topic.replicationFactor < 2)
  if (oneDownMs === 0 || !alone || cluster.kind === 'external' || cluster.brokers < 3) return []
  return [`not asked with a broker down: ${alone.name} has one replica, which would go with it`]
}

function refuseUnfit({ plan, loaded }: Loaded): void {
  if (plan.scenario.cluster.kind === 'external')
    throw new HarnessError({
      code: 'E129',
      message: 'a search overloads on purpose, and never brokers that are somebody else’s',
      place: loaded.placeOf(['cluster']),
      hint: 'search on a cluster of your own',
    })
  if (plan.cells.length > 1)
    throw new HarnessError({
      code: 'E201',
      message: `${loaded.file} has ${plan.cells.length} cells; a search is of one`,
      place: loaded.placeOf(['matrix']),
      hint: 'leave one value to each axis of the matrix',
    })
}

function read(name: keyof Options, text: unknown, parse: (text: string) => UnitResult): number {
  const parsed = parse(String(text))
  if (parsed.ok && parsed.value > 0) return parsed.value
  const hint = parsed.ok ? 'write more than zero' : parsed.hint
  throw new HarnessError({ code: 'E201', message: `--${name} ${String(text)} cannot be used`, hint })
}

/** Several deadlines stand in one list; the first is the one asked about with a broker down. */
function deadlinesOf(options: Options): [number, ...number[]] {
  const texts = String(options.deadline).split(',')
  const [first = 0, ...rest] = texts.map(text => read('deadline', text.trim(), parseDurationMs))
  if (new Set([first, ...rest]).size < texts.length)
    throw new HarnessError({
      code: 'E201',
      message: `--deadline ${options.deadline} names one deadline twice`,
      hint: 'write each once: --deadline 500ms,100ms',
    })
  return [first, ...rest]
}

function settingsOf(options: Options): OneDownOptions {
  const deadlines = deadlinesOf(options)
  const gridShare = read('grid', options.grid, parseRatio)
  const askedMs = read('trial', options.trial, parseDurationMs)
  const budgetMs = read('budget', options.budget, parseDurationMs)
  const oneDownMs = options['one-down'] === 'off' ? 0 : read('one-down', options['one-down'], parseDurationMs)
  if (oneDownMs >= budgetMs)
    throw new HarnessError({
      code: 'E201',
      message: `--one-down ${options['one-down']} leaves nothing of --budget ${options.budget}`,
      hint: 'give the whole search more time, or write --one-down off',
    })
  const missShare = read('miss', options.miss, parseRatio)
  const [goal, ...others] = deadlines.map(deadlineMs => ({ deadlineMs, missShare }))
  return {
    goal: goal as Goal,
    others,
    gridShare,
    // An overload of one step must have the time to pile up as much as the longest deadline bears, twice.
    trialMs: Math.max(askedMs, (2 * Math.max(...deadlines)) / gridShare),
    saturateMs: SATURATE_MS,
    soakMs: read('soak', options.soak, parseDurationMs),
    budgetMs,
    oneDownMs,
    overheadMs: OVERHEAD_MS + WARMUP_MS,
    floorPerSecond: FLOOR_PER_SECOND,
  }
}
