// Loads a scenario: text → YAML with positions → refusals → schema; all mistakes of the file come together in one error.
import { HarnessError, type Place, type Problem } from '../core/errors.ts'
import { decodeText, readScenarioText } from './file.ts'
import { type Path, type Positions, positionsOf, valueOf } from './positions.ts'
import { problemsOf } from './problems.ts'
import { refusalsOf } from './refusals.ts'
import { type Scenario, scenarioSchema } from './schema/scenario.ts'
import { show } from './show.ts'
import { parseYaml } from './yaml.ts'

/** A scenario together with the file it came from. */
export type LoadedScenario = {
  scenario: Scenario
  file: string
  text: string
  /** Line and column of anything in the file, by its path; of the nearest parent where the file leaves it out. */
  placeOf: (path: Path) => Place
}

export type LoadOptions = { maxProblems?: number }

const MAX_PROBLEMS = 20
const START = 'start with version: 1, name: my-first, and the keys topics, producers and load'

/** Reads and checks a scenario file. */
export async function loadScenario(file: string, options?: LoadOptions): Promise<LoadedScenario> {
  return parseScenario(await readScenarioText(file), file, options)
}

/** Checks the text of a scenario; `file` only names it in messages. */
export function parseScenario(input: string, file: string, options: LoadOptions = {}): LoadedScenario {
  const text = decodeText(Buffer.from(input), file)
  const yaml = parseYaml(text)
  const positions = positionsOf(file, yaml.root, yaml.lineColumn)
  const problems = [...yaml.problems, ...(yaml.root ? refusalsOf(yaml.root, yaml.lineColumn) : [])].map(
    ({ offset, ...problem }): Problem => ({ ...problem, place: { file, ...yaml.lineColumn(offset) } }),
  )
  const { root } = yaml
  if (root?.kind !== 'map') throw toError([...problems, ...notAMap(root, problems, positions)], options)
  const value = valueOf(root)
  const result = scenarioSchema.safeParse(value)
  if (!result.success) problems.push(...problemsOf(result.error.issues, { schema: scenarioSchema, value, positions }))
  if (problems.length > 0) throw toError(problems, options)
  if (!result.success) throw new TypeError('the schema refused the scenario without saying why')
  return { scenario: result.data, file, text, placeOf: path => positions.placeOf(path) }
}

/** A file without a map in it; where its YAML is broken, that says enough. */
function notAMap(
  root: ReturnType<typeof parseYaml>['root'],
  problems: readonly Problem[],
  positions: Positions,
): Problem[] {
  if (problems.length > 0) return []
  const isEmpty = root === undefined || (root.kind === 'scalar' && root.value === null)
  const got = root?.kind === 'scalar' ? show(root.value) : 'a list'
  return [
    {
      code: 'E111',
      message: isEmpty ? 'the file holds no scenario' : `a scenario is a map of keys, got ${got}`,
      hint: START,
      place: positions.placeOf([]),
    },
  ]
}

function toError(problems: readonly Problem[], { maxProblems = MAX_PROBLEMS }: LoadOptions): HarnessError {
  const seen = new Set<string>()
  const sorted = problems
    .toSorted((a, b) => (a.place?.line ?? 0) - (b.place?.line ?? 0) || (a.place?.column ?? 0) - (b.place?.column ?? 0))
    .filter(problem => {
      const same = `${problem.code} ${problem.place?.line}:${problem.place?.column} ${problem.message}`
      return seen.has(same) ? false : seen.add(same)
    })
  const shown = sorted.slice(0, Math.max(1, maxProblems))
  const last = shown.at(-1)
  if (last && sorted.length > shown.length) {
    const more = `and ${sorted.length - shown.length} more after this one`
    shown[shown.length - 1] = { ...last, hint: last.hint === undefined ? more : `${last.hint} … ${more}` }
  }
  return new HarnessError(shown)
}
