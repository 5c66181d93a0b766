// Stop conditions on real brokers: the run ends with 6 while its fault still acts, and healing begins within a second of the breach.
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { readRecording } from '../../src/recording/read.ts'
import { runCli } from '../support/cli.ts'
import { requireOrSkip } from '../support/require.ts'

const folder = mkdtempSync(join(tmpdir(), 'gauntlet-stop-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Long enough that only the stop condition can end it in time. */
const FAULT_MS = 20_000
const WITHIN_US = 1_000_000

const scenarioOf = (name: string, client: string, more: string): string => `version: 1
name: ${name}
cluster: { nodes: 1 }
topics: [{ name: events, partitions: 1 }]
producers: [{ name: writers, driver: wire, config: { acks: all, ${client} } }]
load:
  phases:
    - { phase: warmup, for: 1s, rate: 200/s }
    - { phase: steady, for: 30s, rate: 200/s }
${more}`

/** The end of a run, and when its fault acted, its condition was broken and its heal was ordered. */
async function stopped(name: string, client: string, more: string) {
  const file = join(folder, `${name}.yaml`)
  writeFileSync(file, scenarioOf(name, client, more))
  const env = { GAUNTLET_STATE: join(folder, 'state') }
  const result = await runCli(['run', file, '--provider', 'process', '--out', folder], { env })
  const [id = ''] = readdirSync(join(folder, name))
  const { events = [], record } = (await readRecording(join(folder, name, id))).trials[0] ?? {}
  const find = (event: string) => events.find(one => one.name === event)
  const times = {
    actedUs: Number(find('fault.proven')?.detail?.['actedUs']),
    brokenUs: Number(find('run.stopped')?.detail?.['atUs']),
    healingUs: find('fault.healing')?.atUs ?? Number.NaN,
  }
  const output = `${result.stdout}\n${result.stderr}`
  return {
    exitCode: result.exitCode,
    output,
    state: record?.state,
    breach: find('run.stopped')?.detail,
    ...times,
    find,
  }
}

function expectStopped({
  exitCode,
  output,
  state,
  actedUs,
  brokenUs,
  healingUs,
  find,
}: Awaited<ReturnType<typeof stopped>>) {
  expect(exitCode, output).toBe(6)
  expect(state).toBe('partial')
  expect(brokenUs).toBeGreaterThan(actedUs)
  expect(healingUs).toBeGreaterThanOrEqual(brokenUs)
  expect(healingUs - brokenUs).toBeLessThan(WITHIN_US)
  expect(healingUs - actedUs).toBeLessThan(FAULT_MS * 1000)
  expect(find('fault.healed')).toBeDefined()
}

describe('a stop condition', () => {
  it('on the error rate ends the run under a broker that answers no more', async context => {
    requireOrSkip('java', context)
    const client = 'retries: 0, request.timeout.ms: 500ms, delivery.timeout.ms: 1s'
    const found = await stopped(
      'erring',
      client,
      `faults:\n  - { fault: freeze, target: node 1, at: 1s, for: ${FAULT_MS}ms }\nstop: { error.rate: 20% }\n`,
    )
    expectStopped(found)
    expect(found.breach?.['text']).toMatch(/^error\.rate > 20%: \d+ of \d+ outcomes of a second$/)
    expect(found.output).toContain('stopped by its own condition: error.rate > 20%')
  })

  it('on the lag ends the run behind a reader that stands still', async context => {
    requireOrSkip('java', context)
    const reader = 'consumers: [{ name: readers, driver: wire }]\n'
    const found = await stopped(
      'lagging',
      'linger.ms: 5ms',
      `${reader}faults:\n  - { fault: worker-freeze, target: workers of readers, at: 1s, for: ${FAULT_MS}ms }\nstop: { lag: 300 }\n`,
    )
    expectStopped(found)
    // Not before so many can have been written; how late a busy machine looks is not judged here.
    expect(found.brokenUs - found.actedUs).toBeGreaterThan(1_000_000)
    const [, lag = '0'] = /^lag > 300: (\d+) records$/.exec(String(found.breach?.['text'])) ?? []
    expect(Number(lag)).toBeGreaterThan(300)
    expect(found.output).toContain('stopped by its own condition: lag > 300')
  })
})
