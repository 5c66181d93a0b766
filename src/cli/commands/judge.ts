// gauntlet judge: applies new rules to old data; the recording itself is not changed.
import { HarnessError, type Problem } from '../../core/errors.ts'
import { renderTerminal } from '../../report/terminal.ts'
import { judgeRecording, readCauses } from '../../run/finish.ts'
import { parseRule } from '../../scenario/rule.ts'
import type { StoredRule } from '../../verify/rules.ts'
import type { CommandInput } from '../commands.ts'
import { findRecording } from '../shared/recordings.ts'

/** Judges a recording by the rules given, or by its own where none are. */
export async function execute({ positionals, options, io }: CommandInput): Promise<number> {
  const directory = await findRecording(positionals[0] ?? '', options.out ?? 'reports')
  const rules = options.expect ? readRules(options.expect) : undefined
  const { analysis, judgement } = await judgeRecording(directory, {
    causes: await readCauses(directory),
    ...(rules ? { rules } : {}),
  })
  if (options.json) io.line(JSON.stringify({ directory, ...judgement }, null, 2))
  else io.line(renderTerminal(analysis, judgement, { colour: io.colour, width: io.width, directory }))
  return judgement.exitCode
}

function readRules(texts: readonly string[]): StoredRule[] {
  const problems: Problem[] = []
  const rules: StoredRule[] = []
  texts.forEach((text, index) => {
    const read = parseRule(text)
    if (read.ok) rules.push({ ...read.rule, when: {}, severity: 'fail', index })
    else problems.push({ code: 'E134', message: `--expect: ${read.reason}`, hint: read.hint })
  })
  if (problems.length > 0) throw new HarnessError(problems)
  return rules
}
