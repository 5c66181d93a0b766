// Turns what the schema found into problems a user can act on: one code, one place, what is wrong, what to write.
import type * as z from 'zod'
import type { Place, Problem } from '../core/errors.ts'
import { type Expecting, phraseOf, type Told, tellFormat, tellRange, tellType, tellValue } from './messages.ts'
import type { Path, Positions } from './positions.ts'
import type { IssueParams } from './schema/common.ts'
import { NOT_YET_HONOURED } from './schema/setting-tables.ts'
import { describedAt, discriminatorValues, homesIn, knownKeys } from './schema-walk.ts'
import { listed, plain } from './show.ts'
import { guessKey } from './words.ts'

type Issue = z.core.$ZodIssue
type Context = { schema: z.core.$ZodType; value: unknown; positions: Positions }

/** How the sections that every scenario needs begin. */
const FIRST_LINES: Readonly<Record<string, string>> = {
  version: 'version: 1',
  name: 'name: my-scenario',
  topics: 'topics: [{ name: events, partitions: 3 }]',
  producers: 'producers: [{ name: writers }]',
  load: 'load: { phases: [{ phase: steady, for: 20s, rate: 1k/s }] }',
}

/** A problem on its way, with what decides whether it only repeats another one. */
type Draft = Problem & { place: Place; missing?: string; meant?: string }

/** Problems for all issues of one parse. */
export function problemsOf(issues: readonly Issue[], context: Context): Problem[] {
  const drafts = issues.flatMap(issue => expand(issue, [], context))
  const meant = new Set(drafts.flatMap(draft => draft.meant ?? []))
  return drafts
    .filter(draft => draft.missing === undefined || !meant.has(draft.missing))
    .map(({ missing: _m, meant: _w, ...problem }) => problem)
}

/** `rates[2]` for [..., rates, 2]; the last name on the path and what follows it. */
function labelOf(path: Path): string {
  const last = path.findLastIndex(step => typeof step === 'string')
  if (last < 0) return 'the scenario'
  return `${plain(String(path[last]))}${path
    .slice(last + 1)
    .map(index => `[${String(index)}]`)
    .join('')}`
}

/** `producers[0].config`, for the map in which a key is unknown or missing. */
function wholeLabel(path: Path): string {
  return path
    .map((step, index) => (typeof step === 'number' ? `[${step}]` : `${index > 0 ? '.' : ''}${plain(String(step))}`))
    .join('')
}

function valueAt(value: unknown, path: Path): unknown {
  let here = value
  for (const step of path) {
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, step)) return undefined
    here = (here as Record<PropertyKey, unknown>)[step]
  }
  return here
}

function expand(issue: Issue, base: Path, context: Context): Draft[] {
  const path = [...base, ...issue.path]
  const { positions } = context
  if (issue.code !== 'unrecognized_keys' && positions.isRefused(path)) return []
  const isAbsent = path.length > 0 && positions.nodeAt(path) === undefined
  if (isAbsent && isAboutItself(issue)) return [missingKey(path, context)]
  switch (issue.code) {
    case 'unrecognized_keys':
      return unknownKeys(issue.keys, path, context)
    case 'invalid_union':
      return expandUnion(issue, path, context)
    case 'custom':
      return [customProblem(issue, path, context)]
    default:
      return [{ ...tell(issue, path, context), place: positions.placeOf(path) }]
  }
}

/** True for issues about the value at their path, and not about how it fits to others. */
function isAboutItself(issue: Issue): boolean {
  if (issue.code !== 'custom') return issue.code !== 'unrecognized_keys'
  const params = issue.params as IssueParams | undefined
  return params?.code === 'E114' && params.path === undefined
}

function expecting(path: Path, context: Context): Expecting {
  return {
    label: labelOf(path),
    value: valueAt(context.value, path),
    keys: knownKeys(context.schema, path, context.value),
  }
}

function tell(issue: Issue, path: Path, context: Context): Told {
  const about = expecting(path, context)
  switch (issue.code) {
    case 'invalid_type':
      return tellType(issue.expected, about)
    case 'invalid_value':
      return tellValue(issue.values, about)
    case 'too_small':
    case 'too_big':
      return tellRange(issue, about)
    case 'invalid_format':
      return tellFormat(issue, about)
    default:
      return { code: 'E114', message: `${about.label} cannot be used`, hint: 'see the reference of scenarios' }
  }
}

function missingKey(path: Path, { schema, value, positions }: Context): Draft {
  const key = String(path.at(-1))
  const parent = path.slice(0, -1)
  const description = describedAt(schema, path, value)
  const example = Object.hasOwn(FIRST_LINES, key) ? FIRST_LINES[key] : undefined
  const where = parent.length === 0 ? '' : ` in ${wholeLabel(parent)}`
  return {
    code: 'E133',
    message: `the key ${key} is missing${where}`,
    hint:
      parent.length === 0 && example !== undefined
        ? `add ${example}`
        : `add ${key}: …${description === undefined ? '' : ` (${description})`}`,
    place: positions.placeOfParent(parent),
    missing: wholeLabel(path),
  }
}

function unknownKeys(keys: readonly string[], parent: Path, context: Context): Draft[] {
  const { schema, value, positions } = context
  const known = knownKeys(schema, parent, value)
  const homes = homesIn(schema, parent, value)
  const fresh = keys.filter(key => !positions.isRefused([...parent, key]))
  return fresh.map(key => unknownKey(key, parent, known, homes.get(key), positions))
}

function unknownKey(
  key: string,
  parent: Path,
  known: readonly string[],
  home: string | undefined,
  positions: Positions,
): Draft {
  if (NOT_YET_HONOURED.has(key) && known.includes('client.id')) {
    return {
      code: 'E129',
      message: `${key} is not available yet: no driver honours it`,
      hint: 'remove it',
      place: positions.placeOfKey([...parent, key]),
    }
  }
  const guess = guessKey(key, known, home, parent[0] === 'matrix')
  return {
    code: 'E113',
    message: `unknown key ${plain(key)}${parent.length === 0 ? '' : ` in ${wholeLabel(parent)}`}`,
    hint: guess.hint,
    place: positions.placeOfKey([...parent, key]),
    ...(guess.meant === undefined ? {} : { meant: wholeLabel([...parent, guess.meant]) }),
  }
}

function customProblem(issue: Issue, path: Path, context: Context): Draft {
  const { positions } = context
  const params: Partial<IssueParams> = ('params' in issue && issue.params) || {}
  const code = params.code ?? 'E114'
  const base = path.slice(0, path.length - (params.path?.length ?? 0))
  const beside = params.relatedPath ? besideOf([...base, ...params.relatedPath], path, positions) : ''
  const node = positions.nodeAt(path)
  const isVersion = code === 'E124' && node?.kind === 'scalar'
  const label = labelOf(path)
  const message = isVersion
    ? `${label}: ${node.source} was read as the number ${String(node.value)}`
    : withSubject(label, issue.message, params.subject === true)
  return {
    code,
    message: `${message}${beside}`,
    ...(params.hint === undefined ? {} : { hint: params.hint }),
    place: params.onKey === true ? positions.placeOfKey(path) : positions.placeOf(path),
  }
}

/** ` (acks is at 7:21)` for the other side of a conflict, where the file has it. */
function besideOf(related: Path, path: Path, positions: Positions): string {
  if (related.length === 0 || positions.nodeAt(related) === undefined) return ''
  const { line, column } = positions.placeOf(related)
  const label = labelOf(related) === labelOf(path) ? wholeLabel(related) : labelOf(related)
  return ` (${label} is at ${line}:${column})`
}

function withSubject(label: string, message: string, isMissing: boolean): string {
  if (message.startsWith('must ')) return `${label} ${message}`
  return isMissing ? `${label}: ${message}` : message
}

type Branch = { issues: readonly Issue[]; otherKind: string | undefined }

/** What a branch wanted instead, where the value is of another kind altogether: a map where text stands. */
function otherKindOf(issues: readonly Issue[], value: unknown): string | undefined {
  for (const issue of issues) {
    if (issue.path.length > 0) continue
    if (issue.code === 'invalid_value' && typeof value === 'object') return listed(issue.values.map(String))
    if (issue.code === 'invalid_type') return phraseOf(issue.expected, value)
    const told = issue.code === 'custom' ? /^must be (.*), got /s.exec(issue.message)?.[1] : undefined
    if (told !== undefined && (issue.code === 'custom' && (issue.params as IssueParams | undefined)?.code) === 'E114')
      return told
  }
  return undefined
}

/** Of the branches of a union, the one that is meant speaks: the one for this kind of value. */
function expandUnion(issue: Extract<Issue, { code: 'invalid_union' }>, path: Path, context: Context): Draft[] {
  const value = valueAt(context.value, path)
  const about = expecting(path, context)
  const place = context.positions.placeOf(path)
  if (issue.errors.length === 0) {
    const values = discriminatorValues(context.schema, path.slice(0, -1), String(path.at(-1)))
    return [{ ...tellValue(values, about), place }]
  }
  const branches: Branch[] = issue.errors.map(issues => ({ issues, otherKind: otherKindOf(issues, value) }))
  const fitting = branches
    .filter(branch => branch.otherKind === undefined)
    .toSorted((a, b) => a.issues.length - b.issues.length)[0]
  const others = [...new Set(branches.flatMap(branch => branch.otherKind ?? []))]
  if (!fitting) return [{ ...tellType(others.join('\n'), about, listed(others)), place }]
  const [only] = fitting.issues
  if (fitting.issues.length === 1 && only?.code === 'invalid_value' && only.path.length === 0) {
    return [
      {
        ...tellValue(
          only.values,
          about,
          others.filter(other => other !== 'a list'),
        ),
        place,
      },
    ]
  }
  return fitting.issues.flatMap(inner => expand(inner, path, context))
}
