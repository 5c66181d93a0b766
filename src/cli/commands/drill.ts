// gauntlet drill: a scenario with faults, run with its repeats, and a page about it; --dry only says what would be done and when.
import { join } from 'node:path'
import { FAULTS } from '../../chaos/faults/index.ts'
import { scheduleFaults } from '../../chaos/schedule.ts'
import { HarnessError } from '../../core/errors.ts'
import { formatDurationMs } from '../../core/units.ts'
import type { Plan } from '../../plan/plan.ts'
import { renderDrill } from '../../report/drill.ts'
import { DRILL_PAGES, finishRecording } from '../../run/finish.ts'
import type { CommandInput } from '../commands.ts'
import { loadPlan } from '../shared/load.ts'
import { runSession } from '../shared/session.ts'

/** Exit code as of `run`. */
export async function execute(input: CommandInput): Promise<number> {
  const { io, options, positionals } = input
  const made = await loadPlan(positionals[0] ?? '', input)
  if (made.plan.scenario.faults.length === 0)
    throw new HarnessError({
      code: 'E202',
      message: 'a drill needs faults, and this scenario has none',
      place: made.loaded.placeOf([]),
      hint: 'add a faults section, or use gauntlet run',
    })
  if (options.dry) {
    for (const line of rehearse(made.plan)) io.line(line)
    return 0
  }
  const { directory, causes } = await runSession(made, input)
  const { analysis, judgement, files } = await finishRecording(directory, causes, new Date().toISOString())
  const page = join(directory, DRILL_PAGES.html)
  const summary = { directory, verdict: judgement.verdict, page, files }
  io.line(options.json ? JSON.stringify(summary, null, 2) : renderDrill(analysis, judgement))
  if (!options.json) io.line(`drill page  ${page}\nreport      ${files.html}`)
  return judgement.exitCode
}

/** Every trial's faults with the moments that the seed draws, and how each is done, shown and undone. */
function rehearse({ scenario, trials, estimate }: Plan): string[] {
  const lines = trials.flatMap(({ number, repetition, cell }) => [
    `trial ${number}  ${cell.label}`,
    ...scheduleFaults(scenario.faults, scenario.load.segments, { seed: scenario.seed, repetition }).map(one => {
      const { kind = '', target } = scenario.faults.find(fault => fault.index === one.index) ?? {}
      return `  ${(one.atMs / 1000).toFixed(2)} s to ${(one.untilMs / 1000).toFixed(2)} s  ${kind} on ${target?.text ?? ''}`
    }),
  ])
  const kinds = new Set(scenario.faults.map(fault => fault.kind))
  const legend = FAULTS.filter(fault => kinds.has(fault.kind)).map(
    fault =>
      `${fault.kind}: ${fault.describe} (${fault.fidelity}${fault.differs === undefined ? '' : `: ${fault.differs}`})`,
  )
  const rules = scenario.expect.map(rule => `  ${rule.text}`)
  return [
    `drill ${scenario.name}: ${scenario.description ?? 'no hypothesis was written down'}`,
    '',
    ...lines,
    '',
    ...legend,
    '',
    'what must hold, beside the checks that always run:',
    ...(rules.length > 0 ? rules : ['  nothing; add rules under expect']),
    '',
    `about ${formatDurationMs(estimate.durationMs)}; nothing was started, without --dry the drill runs`,
  ]
}
