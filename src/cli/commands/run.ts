// gauntlet run: the plan, the run itself, then verdict and report.
import { annotationsOf } from '../../report/annotations.ts'
import { renderMarkdown } from '../../report/markdown.ts'
import { renderTerminal } from '../../report/terminal.ts'
import { finishRecording } from '../../run/finish.ts'
import type { CommandInput } from '../commands.ts'
import { preflight } from '../shared/calibration.ts'
import { publish } from '../shared/github.ts'
import { loadPlan } from '../shared/load.ts'
import { runSession } from '../shared/session.ts'

/** Runs a scenario; the exit code follows docs/reference/cli.md. */
export async function execute(input: CommandInput): Promise<number> {
  const { io, options } = input
  const made = await loadPlan(input.positionals[0] ?? '', input)
  const stopped = options.preflight ? await preflight(made.plan, io) : undefined
  if (stopped !== undefined) return stopped
  const { runId, directory, causes } = await runSession(made, input)
  const { analysis, judgement, files } = await finishRecording(directory, causes, new Date().toISOString())
  if (options.json)
    io.line(
      JSON.stringify(
        { runId, directory, verdict: judgement.verdict, exitCode: judgement.exitCode, causes: judgement.causes, files },
        null,
        2,
      ),
    )
  else
    io.line(
      renderTerminal(analysis, judgement, { colour: io.colour, width: io.width, reportPath: files.html, directory }),
    )
  if (options.github) await publish(io, renderMarkdown(analysis, judgement), annotationsOf(judgement, made.loaded.file))
  return judgement.exitCode
}
