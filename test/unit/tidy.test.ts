// House rules as tests: what reviews would otherwise have to say again and again.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ERRORS } from '../../src/core/errors.ts'
import { loadScenario } from '../../src/scenario/load.ts'

const root = join(import.meta.dirname, '..', '..')
const list = (folder: string, ending: string): string[] =>
  readdirSync(join(root, folder), { recursive: true })
    .map(String)
    .filter(name => name.endsWith(ending))
    .map(name => join(folder, name))
const sources = ['src', 'tools', 'test'].flatMap(folder => list(folder, '.ts'))
const text = (file: string): string => readFileSync(join(root, file), 'utf8')

describe('every file', () => {
  it('is seen by this test', () => expect(sources.length).toBeGreaterThan(100))

  it.each(sources)('%s begins with one sentence that says why it exists', file => {
    const head = text(file).split('\n')[0] ?? ''
    expect(head).toMatch(/^\/\/ \S.{15,}[.:;!)]$/)
  })

  it.each(sources)('%s has no loose ends', file => {
    expect(text(file)).not.toMatch(new RegExp(`\\b(${'TO'}DO|${'FIX'}ME)\\b`))
  })
})

describe('names carry their unit', () => {
  const bare =
    /\b(?:const|let|readonly)\s+(\w*(?:[tT]imeout|[dD]uration|[iI]nterval|[lL]atency|[dD]elay|[eE]lapsed))\s*(?::\s*number\b|=\s*[\d_.]+\b)/g
  it.each(sources.filter(file => file.startsWith('src')))('%s', file => {
    expect(
      [...text(file).matchAll(bare)].map(match => match[1]),
      'end the name in Ms, Us, Seconds or Bytes',
    ).toEqual([])
  })
})

describe('errors', () => {
  const page = text('docs/reference/errors.md')
  it.each(Object.keys(ERRORS))('%s is on the reference page', code => expect(page).toContain(code))
  it.each(Object.keys(ERRORS))('%s is used somewhere', code => {
    expect(
      sources.some(
        file => file.startsWith('src') && !file.endsWith('core/errors.ts') && text(file).includes(`'${code}'`),
      ),
    ).toBe(true)
  })
})

describe('every shipped scenario', () => {
  const scenarios = list('scenarios', '.yaml')
  it.each(scenarios)('%s loads, names itself after its file, and points editors at the schema', async file => {
    const { scenario } = await loadScenario(join(root, file))
    expect(file.endsWith(`${scenario.name}.yaml`)).toBe(true)
    expect(text(file).split('\n')[0]).toMatch(
      /^# yaml-language-server: \$schema=(\.\.\/)*\.?\/?.*scenario\.schema\.json$/,
    )
    expect(text(file).split('\n')[1]).toMatch(/^# \S.*\.$/)
  })
})
