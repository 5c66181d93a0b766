// gauntlet compare: two recordings side by side; unlike machines are refused unless forced, and then stamped.
import { join } from 'node:path'
import { EXIT, HarnessError } from '../../core/errors.ts'
import { writeSealed } from '../../recording/write.ts'
import { renderComparisonHtml, renderComparisonMarkdown, renderComparisonTerminal } from '../../report/compare.ts'
import { judgeRecording } from '../../run/finish.ts'
import { compareAnalyses } from '../../stats/comparison.ts'
import type { CommandInput } from '../commands.ts'
import { findRecording } from '../shared/recordings.ts'

/** Compares A (the base) with B; writes compare-<A>.html and .md into B's folder. */
export async function execute({ positionals, options, io }: CommandInput): Promise<number> {
  const out = options.out ?? 'reports'
  const [a, b] = await Promise.all([findRecording(positionals[0] ?? '', out), findRecording(positionals[1] ?? '', out)])
  const [base, other] = [await judgeRecording(a), await judgeRecording(b)]
  const comparison = compareAnalyses(base.analysis, other.analysis)
  if (!comparison.alike && !options.force) {
    throw new HarnessError({
      code: 'E402',
      message: `the two runs are not alike: ${comparison.environment.map(row => `${row.what} ${row.a} against ${row.b}`).join('; ')}`,
      hint: 'compare runs of one machine, or look anyway with --force (the result is stamped)',
    })
  }
  const stamped = comparison.alike
    ? comparison
    : { ...comparison, notes: ['FORCED: the two machines are not alike; no conclusion holds', ...comparison.notes] }
  const html = join(b, `compare-${base.analysis.runId}.html`)
  await writeSealed(html, await renderComparisonHtml(stamped))
  await writeSealed(html.replace(/\.html$/, '.md'), renderComparisonMarkdown(stamped))
  if (options.json) io.line(JSON.stringify(stamped, null, 2))
  else {
    io.line(renderComparisonTerminal(stamped, { colour: io.colour, width: io.width }))
    io.line(`report  ${html}`)
  }
  return EXIT.pass
}
