// The scenarios of a campaign: short trials of one broker, and of two whose every link is a proxy, so that a delay can be planted.
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const WARMUP_S = 1
export const MEASURE_S = 5

const text = (name: string, cluster: string, lingerMs: number, faults = ''): string => `version: 1
name: ${name}
cluster: ${cluster}
topics:
  - { name: events, partitions: 3, replication.factor: 1 }
producers:
  - name: writers
    driver: wire
    config: { acks: all, linger.ms: ${lingerMs}ms }
    values: { size: 200B, compressible: 50% }
consumers:
  - name: readers
    driver: wire
load:
  settle: 0s
  phases:
    - { phase: warmup, for: ${WARMUP_S}s, rate: 1k/s }
    - { phase: steady, for: ${MEASURE_S}s, rate: 1k/s }
${faults}expect:
  - errors == 0
  - lost == 0
`

const ONE = '{ nodes: 1, provider: process }'
const ROUTED = '{ nodes: 2, network: routed, provider: process }'

export const SCENARIOS = {
  aa: text('campaign-aa', ONE, 5),
  routed: text('campaign-routed', ROUTED, 20),
} as const

/** The routed arm in which every answer to a client comes so much later, from the first record to the last. */
export function delayed(delayMs: number): string {
  const fault = `{ fault: latency, phase: warmup, at: 0s, for: ${WARMUP_S + MEASURE_S}s, delay: ${delayMs}ms, links: [client], direction: out }`
  return text('campaign-routed', ROUTED, 20, `faults:\n  - ${fault}\n`)
}

/** Writes a file, or refuses where another one stands there: sessions of one campaign are of one scenario. */
export async function keep(path: string, content: string): Promise<void> {
  const there = await readFile(path, 'utf8').catch(() => undefined)
  if (there !== undefined && there !== content)
    throw new Error(`${path} is of another campaign: take a folder of its own`)
  if (there === undefined) await writeFile(path, content)
}

export async function writeScenarios(folder: string): Promise<void> {
  for (const [name, content] of Object.entries(SCENARIOS)) await keep(join(folder, `${name}.yaml`), content)
}
