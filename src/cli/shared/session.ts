// One run from a plan to a recording: provider, journal, manifest, progress and signals; what run and ab share.
import { resolve } from 'node:path'
import { openJournal } from '../../cluster/journal-file.ts'
import { watchOver } from '../../cluster/reaper-watch.ts'
import { EXIT, HarnessError, messageOf, type Problem } from '../../core/errors.ts'
import { describeEstimate } from '../../plan/plan.ts'
import { type Cause, type RunInput, runDirectory, runPlan } from '../../run/run.ts'
import type { CommandInput } from '../commands.ts'
import { type Attached, attachExternal } from './external.ts'
import type { Loaded } from './load.ts'
import { makeManifest, newRunId } from './manifest.ts'
import { makeProgress } from './progress.ts'
import { chooseProvider } from './providers.ts'
import { onSignals } from './signals.ts'
import { sweepDeadRuns } from './sweep.ts'

export type Session = { runId: string; directory: string; causes: Cause[] }

/** A scenario of somebody else must not run programs on this machine unasked. */
function refuseCommands({ plan, loaded }: Loaded): void {
  const commands = plan.scenario.faults.filter(fault => fault.kind === 'exec')
  if (commands.length === 0) return
  throw new HarnessError(
    commands.map(({ index, options }): Problem => {
      const message = `the scenario would run ${JSON.stringify(options['inject'])} on this machine`
      return {
        code: 'E406',
        message,
        place: loaded.placeOf(['faults', index]),
        hint: 'look at it, then add --allow-exec',
      }
    }),
  )
}

/** Runs a plan and leaves its recording; Ctrl-C drains, persists and tears down. */
export async function runSession(
  made: Loaded,
  input: CommandInput,
  run: (input: RunInput) => Promise<Cause[]> = runPlan,
): Promise<Session> {
  const { plan, loaded, properties } = made
  const { io, options } = input
  if (!options['allow-exec']) refuseCommands(made)
  const runId = newRunId()
  const directory = resolve(runDirectory(options.out ?? 'reports', plan.scenario.name, runId))
  const say = (text: string): void => {
    if (!options.quiet && !options.json) io.line(text)
  }
  say(`${io.style('bold', plan.scenario.name)}  ${describeEstimate(plan)}`)
  for (const note of plan.notes) say(io.style('yellow', `note: ${note}`))
  await sweepDeadRuns(say)
  const provider = await chooseProvider(plan.scenario.cluster, say)
  let external: Attached | undefined
  if (plan.scenario.cluster.kind === 'external') external = await attachExternal(plan, properties, input)
  const manifest = makeManifest({ plan, loaded, runId, external: external !== undefined })
  const journal = await openJournal(runId)
  const reaper = watchOver(runId)
  const progress = makeProgress(plan, io, { quiet: Boolean(options.quiet || options.json), anchor: manifest.anchor })
  const signals = onSignals(text => {
    progress.close()
    io.error(text)
  })
  const causes: Cause[] = []
  try {
    causes.push(
      ...(await run({
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
          ...(external ? { maxBytesPerSecond: external.maxBytesPerSecond } : {}),
        },
      })),
    )
  } catch (error) {
    if (signals.received === undefined) throw error
    causes.push({ exitCode: EXIT.environment, text: messageOf(error) })
  } finally {
    progress.close()
    await journal.close()
    reaper.release()
    signals.release()
  }
  if (signals.received !== undefined)
    causes.push({ exitCode: signals.received, text: 'stopped by a signal; what was measured until then is kept' })
  return { runId, directory, causes }
}
