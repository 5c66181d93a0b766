// The right half of a run: recording → analysis → verdict → report files; the report command calls the same function.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Analysis } from '../analysis/analysis.ts'
import { analyze } from '../analysis/analyze.ts'
import { recommend } from '../analysis/recommend.ts'
import { HarnessError } from '../core/errors.ts'
import { FORMAT } from '../recording/format.ts'
import { type Recording, readRecording, unpackHistogram } from '../recording/read.ts'
import { writeResult, writeSealed } from '../recording/write.ts'
import { verdictsOf } from '../report/columns.ts'
import { renderCsv } from '../report/csv.ts'
import { hasDrill, renderDrill, renderDrillHtml } from '../report/drill.ts'
import { renderHtml } from '../report/html.ts'
import { renderJunit } from '../report/junit.ts'
import { renderMarkdown } from '../report/markdown.ts'
import { recordOf } from '../report/recommendation.ts'
import { judge } from '../verify/judge.ts'
import type { Judgement } from '../verify/judgement.ts'
import type { StoredRule } from '../verify/rules.ts'
import { verifyRecording } from './verify.ts'

/** Written beside the report where a trial had faults. */
export const DRILL_PAGES = { html: 'drill.html', markdown: 'drill.md' } as const

export type Finished = {
  recording: Recording
  analysis: Analysis
  judgement: Judgement
  files: Record<'html' | 'markdown' | 'json' | 'junit' | 'csv', string>
}

/** Reads, analyses and judges a recording. */
export async function judgeRecording(
  directory: string,
  options: {
    rules?: readonly StoredRule[]
    causes?: Judgement['causes']
    mayBeEmpty?: boolean
    cutSeconds?: number
  } = {},
): Promise<Omit<Finished, 'files'>> {
  const recording = await readRecording(directory)
  if (recording.trials.length === 0 && !options.mayBeEmpty) throw nothingRecorded(directory)
  const analysis = analyze(recording, unpackHistogram, await verifyRecording(recording), options.cutSeconds)
  return { recording, analysis, judgement: judge(analysis, options.rules ?? recording.manifest.rules, options.causes) }
}

/** What went wrong beside the verdict when the run ended: worker failures, signals, clean-up; empty for a run that was cut off. */
export async function readCauses(directory: string): Promise<Judgement['causes']> {
  const text = await readFile(join(directory, 'result.json'), 'utf8').catch(() => undefined)
  if (text === undefined) return []
  const result = JSON.parse(text) as { runCauses?: Judgement['causes'] }
  return result.runCauses ?? []
}

/** Judges a recording and writes every form of its report beside it. */
export async function finishRecording(
  directory: string,
  causes: Judgement['causes'],
  nowIso: string,
): Promise<Finished> {
  const { recording, analysis, judgement } = await judgeRecording(directory, { causes, mayBeEmpty: true })
  const files = {
    html: join(directory, 'report.html'),
    markdown: join(directory, 'report.md'),
    json: join(directory, 'result.json'),
    junit: join(directory, 'junit.xml'),
    csv: join(directory, 'cells.csv'),
  }
  await writeSealed(files.html, await renderHtml(analysis, judgement, {}))
  await writeSealed(files.markdown, renderMarkdown(analysis, judgement))
  await writeSealed(files.junit, renderJunit(analysis, judgement))
  await writeSealed(files.csv, renderCsv(analysis, judgement))
  if (hasDrill(analysis)) {
    await writeSealed(join(directory, DRILL_PAGES.html), await renderDrillHtml(analysis, judgement))
    await writeSealed(join(directory, DRILL_PAGES.markdown), renderDrill(analysis, judgement))
  }
  const state = analysis.state
  const found = recommend(analysis, verdictsOf(analysis.cells, judgement))
  await writeResult(directory, {
    format: FORMAT,
    runId: analysis.runId,
    finishedAt: nowIso,
    state,
    verdict: judgement.verdict,
    exitCode: judgement.exitCode,
    causes: judgement.causes,
    runCauses: causes,
    ...(found ? { recommendation: recordOf(found, analysis) } : {}),
    analysis: { ...analysis, judgement },
  })
  return { recording, analysis, judgement, files }
}

function nothingRecorded(directory: string): HarnessError {
  return new HarnessError({
    code: 'E602',
    message: `${directory} holds no trial: the run ended before the first one began`,
    hint: 'run the scenario again',
  })
}
