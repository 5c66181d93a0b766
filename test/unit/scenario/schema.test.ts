// The schema as others see it: the JSON Schema for editors, the tables of settings, and values given outside a file.
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { scenarioJsonSchema } from '../../../src/scenario/json-schema.ts'
import { parseScenario } from '../../../src/scenario/load.ts'
import { BROKER_SETTINGS, HARNESS_OWNED } from '../../../src/scenario/schema/broker-settings.ts'
import { parseAxisValue } from '../../../src/scenario/schema/matrix.ts'
import { ELSEWHERE, NOT_YET_HONOURED } from '../../../src/scenario/schema/setting-tables.ts'
import {
  CONSUMER_SETTINGS,
  PRODUCER_SETTINGS,
  type SettingTable,
  settingSchema,
  TOPIC_SETTINGS,
} from '../../../src/scenario/schema/settings.ts'
import { staleFiles } from '../../../tools/generate.ts'

const ROOT = join(import.meta.dirname, '../../..')

type Json = { [key: string]: unknown }

/** A part of the JSON Schema by its path. */
function partOf(schema: Json, ...path: string[]): Json {
  return path.reduce<Json>((here, key) => here[key] as Json, schema)
}

/** The schema with every reference replaced by what it refers to. */
function withoutRefs(json: unknown, root: Json): unknown {
  if (Array.isArray(json)) return json.map(item => withoutRefs(item, root))
  if (typeof json !== 'object' || json === null) return json
  const { $ref } = json as Json
  if (typeof $ref === 'string') return partOf(root, ...$ref.slice(2).split('/'))
  return Object.fromEntries(Object.entries(json).map(([key, value]) => [key, withoutRefs(value, root)]))
}

const minimal = {
  version: 1,
  name: 'good',
  topics: [{ name: 'orders' }],
  producers: [{ name: 'web', config: { acks: 1, 'linger.ms': '5ms', 'batch.size': 65_536 } }],
  load: { phases: [{ phase: 'steady', for: '5s', rate: '100/s' }] },
}

describe('generated files', () => {
  it('are what the source gives', async () => {
    expect(await staleFiles(), 'run npm run generate').toEqual([])
  })
})

describe('the JSON Schema', () => {
  const schema = scenarioJsonSchema()
  const config = (section: string): Json => partOf(schema, 'properties', section, 'items', 'properties', 'config')

  it('offers Kafka’s settings with meaning and default, and no others', () => {
    for (const [section, table] of [
      ['producers', PRODUCER_SETTINGS],
      ['consumers', CONSUMER_SETTINGS],
      ['topics', TOPIC_SETTINGS],
    ] as const) {
      expect(config(section)['additionalProperties'], section).toBe(false)
      expect(Object.keys(partOf(config(section), 'properties'))).toEqual(Object.keys(table))
      for (const [name, setting] of Object.entries(table)) {
        const property = partOf(config(section), 'properties', name)
        expect(property['description'], name).toBe(setting.doc)
        expect(property['default'], name).toBe(setting.default)
      }
    }
  })

  it('refuses unknown keys in every map of the language', () => {
    const open: string[] = []
    const visit = (value: unknown, path: string): void => {
      if (typeof value !== 'object' || value === null) return
      const json = value as Json
      if (json['type'] === 'object' && json['additionalProperties'] !== false) open.push(path)
      for (const [key, inner] of Object.entries(json)) visit(inner, `${path}/${key}`)
    }
    visit(schema, '')
    expect(open).toEqual([
      '/properties/cluster/properties/config',
      '/properties/matrix/properties/brokers',
      '/properties/matrix/properties/include/items',
      '/properties/matrix/properties/exclude/items',
      '/properties/expect/items/anyOf/1/properties/when',
    ])
  })

  it('has a description for every key that a person writes', () => {
    const mute: string[] = []
    const visit = (json: Json, path: string): void => {
      for (const [key, property] of Object.entries((json['properties'] ?? {}) as Record<string, Json>)) {
        const isAxis = path.startsWith('/matrix/') || path === '/cluster/config'
        if (!isAxis && property['description'] === undefined) mute.push(`${path}/${key}`)
        visit(property, `${path}/${key}`)
        if (property['items']) visit(property['items'] as Json, `${path}/${key}`)
      }
    }
    visit(schema, '')
    expect(mute).toEqual([])
  })

  it('resolves every reference', () => {
    const refs = [...JSON.stringify(schema).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(match => match[1] ?? '')
    expect(refs.length).toBeGreaterThan(50)
    for (const ref of new Set(refs)) expect(partOf(schema, ...ref.split('/')), ref).toBeTypeOf('object')
  })

  it('accepts and refuses what the loader does, as far as it can see', () => {
    const editor = z.fromJSONSchema(withoutRefs(schema, schema) as Parameters<typeof z.fromJSONSchema>[0])
    const accepts = (change: object) => editor.safeParse({ ...minimal, ...change }).success
    const producer = (change: object) => ({ producers: [{ name: 'web', ...change }] })
    expect(accepts({})).toBe(true)
    expect(accepts({ matrix: { producers: { acks: [0, 'all'], 'linger.ms': '5ms' } } })).toBe(true)
    expect(accepts(producer({ values: { size: { distribution: 'uniform', min: '1KiB', max: '2KiB' } } }))).toBe(true)
    expect(accepts({ thresholds: [] })).toBe(false)
    expect(accepts({ version: 2 })).toBe(false)
    expect(accepts(producer({ config: { lingerMs: 5 } }))).toBe(false)
    expect(accepts(producer({ config: { acks: 2 } }))).toBe(false)
    expect(accepts(producer({ config: { 'linger.ms': '5 sec' } }))).toBe(false)
    expect(accepts(producer({ config: { 'linger.ms': -1 } }))).toBe(false)
    expect(accepts({ load: { phases: [{ phase: 'steady', for: 5, rate: '1/s' }] } })).toBe(false)
    expect(accepts({ matrix: { producers: { acks: [0, 'al'] } } })).toBe(false)
  })
})

describe('the tables of settings', () => {
  const tables: [string, SettingTable][] = [
    ['producers', PRODUCER_SETTINGS],
    ['consumers', CONSUMER_SETTINGS],
    ['topics', TOPIC_SETTINGS],
    ['brokers', BROKER_SETTINGS],
  ]

  it.each(tables)('%s: every default is a value that may be written', (_name, table) => {
    for (const [name, setting] of Object.entries(table)) {
      if (setting.default !== undefined)
        expect(settingSchema(setting).safeParse(setting.default), name).toMatchObject({ data: setting.default })
    }
  })

  it('keep apart what is honoured, what is not yet, and what is said elsewhere', () => {
    const honoured = [...Object.keys(PRODUCER_SETTINGS), ...Object.keys(CONSUMER_SETTINGS)]
    expect(honoured.filter(name => NOT_YET_HONOURED.has(name) || name in ELSEWHERE)).toEqual([])
    expect(Object.keys(BROKER_SETTINGS).filter(name => HARNESS_OWNED.has(name))).toEqual([])
    expect(Object.keys(BROKER_SETTINGS).length).toBeGreaterThan(200)
  })
})

describe('a value given outside a file', () => {
  it.each([
    ['producers', 'linger.ms', '20ms', 20],
    ['producers', 'acks', '-1', 'all'],
    ['producers', 'acks', '0', '0'],
    ['producers', 'enable.idempotence', 'false', false],
    ['producers', 'values.size', '1KiB', 1024],
    ['consumers', 'members', '3', 3],
    ['topics', 'retention.ms', '10m', 600_000],
    ['brokers', 'num.io.threads', '4', 4],
    ['brokers', 'my.plugin.setting', 'x', 'x'],
    ['load', 'rate', 'max', 'max'],
    ['load', 'rate', '20k/s', 20_000],
  ] as const)('%s %s=%s', (scope, setting, text, value) => {
    expect(parseAxisValue(scope, setting, text)).toEqual({ ok: true, value })
  })

  it.each([
    ['producers', 'linger', '5', 'E113', 'unknown key linger', 'did you mean linger.ms?'],
    ['producers', 'constructor', '5', 'E113', 'unknown key constructor', ''],
    ['producers', 'linger.ms', '5 sec', 'E120', 'linger.ms: "sec" is not a unit', 'did you mean 5s?'],
    ['producers', 'enable.idempotence', 'no', 'E123', 'must be true or false', 'write false'],
    ['brokers', 'num.io.thread', '4', 'E113', 'num.io.thread is not a broker setting', 'num.io.threads'],
    ['load', 'rate', '-5/s', 'E116', 'rate must be greater than zero', ''],
  ] as const)('%s %s=%s is refused', (scope, setting, text, code, message, hint) => {
    const result = parseAxisValue(scope, setting, text)
    const [problem] = result.ok ? [] : result.problems
    expect(problem).toMatchObject({
      code,
      message: expect.stringContaining(message),
      hint: expect.stringContaining(hint),
    })
    expect(problem).not.toHaveProperty('place')
  })
})

describe('the loader', () => {
  it('needs no package but the YAML parser and zod', () => {
    const packages = new Set<string>()
    const seen = new Set<string>()
    const visit = (file: string): void => {
      if (seen.has(file)) return
      seen.add(file)
      for (const [, name = ''] of readFileSync(file, 'utf8').matchAll(
        /^(?:import|export)\s(?!type\b)[^'"]*?from '([^']+)'/gm,
      )) {
        if (name.startsWith('.')) visit(resolve(dirname(file), name))
        else if (!name.startsWith('node:')) packages.add(name)
      }
    }
    visit(join(ROOT, 'src/scenario/load.ts'))
    expect([...packages].toSorted()).toEqual(['yaml', 'zod'])
    expect(seen.size).toBeGreaterThan(20)
  })

  it('loads every scenario that is shipped', () => {
    const files = readdirSync(join(ROOT, 'scenarios'), { recursive: true, encoding: 'utf8' }).filter(name =>
      name.endsWith('.yaml'),
    )
    expect(files).toContain('quickstart.yaml')
    for (const name of files) {
      const text = readFileSync(join(ROOT, 'scenarios', name), 'utf8')
      expect(text, name).toMatch(/^# yaml-language-server: \$schema=(\.\.?\/)+scenario\.schema\.json\n/)
      expect(parseScenario(text, name).scenario.version).toBe(1)
    }
  })
})
