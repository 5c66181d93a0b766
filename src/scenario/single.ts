// Checks one named value that comes from outside a file, with the same words as a scenario's own values.
import type * as z from 'zod'
import type { Problem } from '../core/errors.ts'
import { positionsOf } from './positions.ts'
import { problemsOf } from './problems.ts'
import type { YamlNode } from './yaml.ts'

/** Text as YAML would take it: numbers and booleans become what they are, all else stays text. */
function scalarOf(text: string): string | number | boolean {
  if (text === 'true' || text === 'false') return text === 'true'
  return /^[-+]?(\d+(\.\d+)?|\.\d+)$/.test(text.trim()) ? Number(text) : text
}

/** Reads `key: text` by the schema of a map; problems have no place. */
export function problemsOfValue(
  schema: z.core.$ZodType<unknown> & { safeParse(input: unknown): z.ZodSafeParseResult<unknown> },
  key: string,
  text: string,
): { ok: true; value: unknown } | { ok: false; problems: Problem[] } {
  const value = { [key]: scalarOf(text) }
  const result = schema.safeParse(value)
  if (result.success) return { ok: true, value: (result.data as Record<string, unknown>)[key] }
  const scalar: YamlNode = { kind: 'scalar', at: 0, value: scalarOf(text), source: text, plain: true, refused: false }
  const root: YamlNode = { kind: 'map', at: 0, flow: true, entries: [{ key, keyAt: 0, value: scalar }], refused: false }
  const positions = positionsOf('', root, () => ({ line: 1, column: 1 }))
  return {
    ok: false,
    problems: problemsOf(result.error.issues, { schema, value, positions }).map(({ place: _, ...problem }) => problem),
  }
}
