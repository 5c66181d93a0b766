// What benches share: a scenario run in this process without a terminal, medians, and a table of ratios.
import { mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Analysis } from '../../src/analysis/analysis.ts'
import { analyze } from '../../src/analysis/analyze.ts'
import { makeManifest, newRunId } from '../../src/cli/shared/manifest.ts'
import type { Provider, StartedCluster } from '../../src/cluster/cluster.ts'
import { openJournal } from '../../src/cluster/journal-file.ts'
import { DEFAULT_MAX_CELLS, makePlan } from '../../src/plan/plan.ts'
import { type Recording, readRecording, unpackHistogram } from '../../src/recording/read.ts'
import { runPlan } from '../../src/run/run.ts'
import { parseScenario } from '../../src/scenario/load.ts'

/** Runs a scenario given as text on a cluster that stays up, and returns its analysis. */
export async function runOn(
  cluster: StartedCluster,
  text: string,
  { keepTopics = false, look }: { keepTopics?: boolean; look?: (recording: Recording) => void } = {},
): Promise<Analysis> {
  const loaded = parseScenario(text, 'bench.yaml')
  const plan = makePlan(loaded.scenario, {
    placeOf: loaded.placeOf,
    cores: availableParallelism(),
    maxCells: DEFAULT_MAX_CELLS,
  })
  const runId = newRunId()
  const directory = mkdtempSync(join(tmpdir(), 'gauntlet-bench-'))
  const journal = await openJournal(runId)
  try {
    const causes = await runPlan({
      plan,
      runId,
      directory,
      manifest: makeManifest({ plan, loaded, runId, external: false }),
      provider: staying(cluster),
      journal,
      options: {
        out: directory,
        witness: false,
        keepTopics,
        onProgress: () => undefined,
        signal: new AbortController().signal,
      },
    })
    if (causes.length > 0) throw new Error(causes.map(cause => cause.text).join('; '))
    const recording = await readRecording(directory)
    look?.(recording)
    return analyze(recording, unpackHistogram)
  } finally {
    await journal.close()
    rmSync(directory, { recursive: true, force: true })
  }
}

/** A provider that hands out one running cluster and never stops it. */
function staying(cluster: StartedCluster): Provider {
  return {
    name: cluster.info.provider,
    unavailable: async () => undefined,
    start: async () => ({ ...cluster, [Symbol.asyncDispose]: async () => undefined }),
  }
}

/** The middle of a list, and its ends. */
export function spread(values: readonly number[]): { min: number; median: number; max: number } {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = (sorted.length - 1) / 2
  return {
    min: sorted[0] ?? Number.NaN,
    median: ((sorted[Math.floor(middle)] ?? Number.NaN) + (sorted[Math.ceil(middle)] ?? Number.NaN)) / 2,
    max: sorted.at(-1) ?? Number.NaN,
  }
}

/** "min–median–max" with so many digits. */
export function showSpread(values: readonly number[], digits = 2): string {
  const { min, median, max } = spread(values)
  return `${min.toFixed(digits)} – ${median.toFixed(digits)} – ${max.toFixed(digits)}`
}
