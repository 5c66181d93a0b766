// The `expect` section: rules that decide the verdict, scoped to cells with `when`.
import * as z from 'zod'
import { parseRule, type Rule } from '../rule.ts'
import { addProblem, type Settings, type SettingValue } from './common.ts'
import { scalar } from './settings.ts'

const ruleText = z
  .string()
  .describe('metric comparison value: ack.p99 < 25ms')
  .transform((text, ctx): Rule => {
    const result = parseRule(text)
    if (result.ok) return result.rule
    addProblem(ctx, 'E134', result.reason, { hint: result.hint })
    return z.NEVER
  })

const longForm = z.strictObject({
  rule: ruleText,
  when: z
    .record(z.string(), z.union([scalar, z.array(scalar).min(1)]))
    .describe('Only for cells with these values')
    .default({}),
  severity: z.enum(['fail', 'warn']).describe('warn: shown, but never decides the verdict').default('fail'),
})

/** One expectation; `when` maps an axis to the values it applies to, as the cells have them. */
export type Expectation = Rule & { when: Record<string, SettingValue[]>; severity: 'fail' | 'warn'; index: number }

type Unnumbered = Omit<Expectation, 'index'>

export const expectSchema = z
  .array(
    z.union([
      ruleText.transform((rule): Unnumbered => ({ ...rule, when: {}, severity: 'fail' })),
      longForm.transform((long): Unnumbered => ({ ...long.rule, when: lists(long.when), severity: long.severity })),
    ]),
  )
  .max(200)
  .default([])
  .transform((rules): Expectation[] => rules.map((rule, index) => ({ ...rule, index })))
  .describe('Rules; each must hold in every cell it applies to')

function lists(when: Record<string, SettingValue | SettingValue[]>): Record<string, SettingValue[]> {
  return Object.fromEntries(Object.entries(when).map(([axis, value]) => [axis, Array.isArray(value) ? value : [value]]))
}

/** True where a cell has one of the wanted values on every named axis; compared as text, so that `all` and 1 both work. */
export function applies(expectation: Expectation, cell: Settings): boolean {
  return Object.entries(expectation.when).every(([axis, values]) =>
    values.some(value => String(value) === String(cell[axis])),
  )
}
