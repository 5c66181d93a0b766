// What a key or word that the language does not know was probably meant as.
import { nearest } from '../core/suggest.ts'
import { ELSEWHERE } from './schema/setting-tables.ts'
import { CONSUMER_SETTINGS, PRODUCER_SETTINGS, TOPIC_SETTINGS } from './schema/settings.ts'
import { listed } from './show.ts'

/** Words of other tools, and what they are called here. */
const OTHER_WORDS: Readonly<Record<string, readonly string[]>> = {
  brokers: ['nodes'],
  replicas: ['replication.factor'],
  replication: ['replication.factor'],
  topic: ['topics'],
  rps: ['rate'],
  throughput: ['rate'],
  duration: ['for', 'each'],
  time: ['for', 'each'],
  seconds: ['for', 'each'],
  instances: ['workers', 'members', 'groups'],
  threads: ['workers', 'members'],
  concurrency: ['workers', 'members'],
  consumers: ['members'],
  weight: ['share'],
  client: ['driver'],
  type: ['phase', 'distribution'],
  kind: ['phase', 'distribution'],
  stage: ['phase'],
  stages: ['phases'],
  thresholds: ['expect'],
  assertions: ['expect'],
  checks: ['expect'],
  rules: ['expect'],
  slo: ['expect'],
  abort: ['stop'],
  limits: ['stop'],
  title: ['name'],
  id: ['name'],
  repeats: ['repeat'],
  repetitions: ['repeat'],
  chaos: ['faults'],
  sweep: ['matrix'],
  'kafka.version': ['kafka'],
  properties: ['config'],
  settings: ['config'],
  options: ['config'],
  length: ['size'],
  bytes: ['size'],
  servers: ['bootstrap.servers'],
}

const TABLES = [
  { table: PRODUCER_SETTINGS, who: 'producer' },
  { table: CONSUMER_SETTINGS, who: 'consumer' },
  { table: TOPIC_SETTINGS, who: 'topic' },
]

/** What to say about an unknown key; `meant` is set where one known key is the likely intention. */
export type Guess = { hint: string; meant?: string }

/** Guesses what an unknown key was meant as; `home` is a key of the same map that knows it. */
export function guessKey(key: string, known: readonly string[], home: string | undefined, isAxis = false): Guess {
  if (home !== undefined) return { hint: `write it under ${home}:` }
  if (Object.hasOwn(ELSEWHERE, key)) return { hint: ELSEWHERE[key] ?? '' }
  if (/^(ssl|sasl|security)\./.test(key))
    return { hint: 'connection settings belong into a client properties file: see command-config under cluster' }
  const other = (Object.hasOwn(OTHER_WORDS, key.toLowerCase()) ? OTHER_WORDS[key.toLowerCase()] : undefined)?.find(
    word => known.includes(word),
  )
  const meant = other ?? nearest(key, known)
  if (meant !== undefined) return { hint: `did you mean ${meant}?`, meant }
  const elsewhere = TABLES.find(({ table }) => Object.hasOwn(table, key))
  if (elsewhere) {
    const place = isAxis ? `matrix: ${elsewhere.who}s` : `${elsewhere.who}s: config`
    return { hint: `it is a ${elsewhere.who} setting: write it under ${place}` }
  }
  return { hint: known.length === 0 ? 'remove it' : `known here: ${listed(known, 20)}` }
}

/** Words that YAML 1.1 took for booleans and YAML 1.2 takes for text. */
const BOOLEAN_WORDS: Readonly<Record<string, boolean>> = {
  yes: true,
  y: true,
  on: true,
  no: false,
  n: false,
  off: false,
}

/** The boolean that a word such as `no` or `On` meant in YAML 1.1. */
export function booleanWord(value: unknown): boolean | undefined {
  if (typeof value !== 'string') return undefined
  const word = value.toLowerCase()
  return Object.hasOwn(BOOLEAN_WORDS, word) ? BOOLEAN_WORDS[word] : undefined
}
