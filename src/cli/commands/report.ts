// gauntlet report: renders a recording again, by the very functions that run calls.
import { renderTerminal } from '../../report/terminal.ts'
import { finishRecording, readCauses } from '../../run/finish.ts'
import type { CommandInput } from '../commands.ts'
import { findRecording } from '../shared/recordings.ts'

/** Re-renders every file of a report; what went wrong in the run itself is taken from its result.json. */
export async function execute({ positionals, options, io }: CommandInput): Promise<number> {
  const directory = await findRecording(positionals[0] ?? '', options.out ?? 'reports')
  const { analysis, judgement, files } = await finishRecording(
    directory,
    await readCauses(directory),
    new Date().toISOString(),
  )
  if (options.json)
    io.line(
      JSON.stringify(
        { directory, verdict: judgement.verdict, exitCode: judgement.exitCode, causes: judgement.causes, files },
        null,
        2,
      ),
    )
  else
    io.line(
      renderTerminal(analysis, judgement, { colour: io.colour, width: io.width, reportPath: files.html, directory }),
    )
  return judgement.exitCode
}
