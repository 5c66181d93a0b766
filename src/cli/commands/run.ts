// gauntlet run: plan, provider, journal, the run itself, then verdict and report; Ctrl-C drains, persists and tears down.
import { resolve } from 'node:path'
import type { StartedCluster } from '../../cluster/cluster.ts'
import { openJournal } from '../../cluster/journal-file.ts'
import { EXIT, messageOf } from '../../core/errors.ts'
import type { Security } from '../../drivers/driver.ts'
import { describeEstimate } from '../../plan/plan.ts'
import { renderTerminal } from '../../report/terminal.ts'
import { finishRecording } from '../../run/finish.ts'
import { type Cause, runDirectory, runPlan } from '../../run/run.ts'
import type { CommandInput } from '../commands.ts'
import { attachExternal } from '../shared/external.ts'
import { loadPlan } from '../shared/load.ts'
import { makeManifest, newRunId } from '../shared/manifest.ts'
import { makeProgress } from '../shared/progress.ts'
import { chooseProvider } from '../shared/providers.ts'
import { onSignals } from '../shared/signals.ts'
import { sweepDeadRuns } from '../shared/sweep.ts'

/** Runs a scenario; the exit code follows docs/reference/cli.md. */
export async function execute(input: CommandInput): Promise<number> {
  const { io, options } = input
  const { loaded, plan, properties } = await loadPlan(input.positionals[0] ?? '', input)
  const runId = newRunId()
  const directory = resolve(runDirectory(options.out ?? 'reports', plan.scenario.name, runId))
  const say = (text: string): void => {
    if (!options.quiet && !options.json) io.line(text)
  }
  say(`${io.style('bold', plan.scenario.name)}  ${describeEstimate(plan)}`)
  for (const note of plan.notes) say(io.style('yellow', `note: ${note}`))
  await sweepDeadRuns(say)
  const provider = await chooseProvider(plan.scenario.cluster, say)
  let external: { cluster: StartedCluster; security?: Security } | undefined
  if (plan.scenario.cluster.kind === 'external') external = await attachExternal(plan, properties, input)
  const manifest = makeManifest({ plan, loaded, runId, external: external !== undefined })
  const journal = await openJournal(runId)
  const progress = makeProgress(plan, io, { quiet: Boolean(options.quiet || options.json), anchor: manifest.anchor })
  const signals = onSignals(text => {
    progress.close()
    io.error(text)
  })
  const causes: Cause[] = []
  try {
    causes.push(
      ...(await runPlan({
        plan,
        runId,
        directory,
        manifest,
        provider,
        journal,
        ...(external ? { attach: async () => external } : {}),
        options: {
          out: options.out ?? 'reports',
          witness: options.witness ?? false,
          keepTopics: options['keep-topics'] ?? false,
          onProgress: step => progress.show(step),
          signal: signals.signal,
        },
      })),
    )
  } catch (error) {
    if (signals.received === undefined) throw error
    causes.push({ exitCode: EXIT.environment, text: messageOf(error) })
  } finally {
    progress.close()
    await journal.close()
    signals.release()
  }
  if (signals.received !== undefined)
    causes.push({ exitCode: signals.received, text: 'stopped by a signal; what was measured until then is kept' })
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
  return judgement.exitCode
}
