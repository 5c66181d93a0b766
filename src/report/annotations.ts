// Workflow commands of CI platforms: one annotation per rule or check that did not pass, on the very line of the rule.
import type { CellOutcome, Judgement } from '../verify/judgement.ts'
import { cleanLine, shorten } from './text.ts'

export type Annotation = {
  level: 'error' | 'warning' | 'notice'
  title: string
  text: string
  file?: string
  line?: number
}

/** GitHub shows ten of each level per step. */
const MOST_PER_LEVEL = 10
const TEXT_GLYPHS = 1000

function outcomeText(cells: readonly CellOutcome[]): string {
  const bad = cells.filter(cell => cell.verdict !== 'pass')
  const shown = bad.slice(0, 3).map(cell => `${cell.label}: ${cell.observed}${cell.reason ? ` (${cell.reason})` : ''}`)
  return [...shown, ...(bad.length > shown.length ? [`and ${bad.length - shown.length} more cells`] : [])].join('; ')
}

/** What a judgement says on the lines of its scenario. */
export function annotationsOf(judgement: Judgement, file: string): Annotation[] {
  const rules = judgement.rules
    .filter(rule => rule.verdict !== 'pass')
    .map(
      (rule): Annotation => ({
        level: rule.severity === 'fail' && rule.verdict === 'fail' ? 'error' : 'warning',
        title: `${rule.verdict}: ${rule.text}`,
        text: outcomeText(rule.cells),
        file,
        ...(rule.line === undefined ? {} : { line: rule.line }),
      }),
    )
  const checks = judgement.checks
    .filter(check => check.verdict !== 'pass')
    .map(
      (check): Annotation => ({
        level: check.verdict === 'fail' ? 'error' : 'warning',
        title: `check: ${check.name}`,
        text: outcomeText(check.cells),
        file,
      }),
    )
  return [...checks, ...rules]
}

const escapeData = (text: string): string => text.replace(/%/g, '%25').replace(/\r/g, '%0D').replace(/\n/g, '%0A')
const escapeProperty = (text: string): string => escapeData(text).replace(/:/g, '%3A').replace(/,/g, '%2C')

/** The lines a CI runner reads; what is more than the platform shows is summed up in the last one. */
export function workflowCommands(annotations: readonly Annotation[]): string[] {
  return (['error', 'warning', 'notice'] as const).flatMap(level => {
    const own = annotations.filter(annotation => annotation.level === level)
    const shown = own.length > MOST_PER_LEVEL ? own.slice(0, MOST_PER_LEVEL - 1) : own
    const rest = own.length - shown.length
    const lines = shown.map(({ title, text, file, line }) => {
      const place = file === undefined ? [] : [`file=${escapeProperty(file)}`, ...(line ? [`line=${line}`] : [])]
      const properties = [...place, `title=${escapeProperty(shorten(cleanLine(title), 200))}`].join(',')
      return `::${level} ${properties}::${escapeData(shorten(cleanLine(text), TEXT_GLYPHS))}`
    })
    return rest > 0 ? [...lines, `::${level} title=and ${rest} more::see the summary`] : lines
  })
}
