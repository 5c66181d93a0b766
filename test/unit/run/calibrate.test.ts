// A calibration is only worth its name with real worker processes: what they generated, counted, and nothing left behind.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { calibrate } from '../../../src/run/calibrate.ts'
import { planOf, scenarioText } from '../plan/made.ts'

const TIMING = { windowMs: 1000, windows: 1 }
const RUNS = new AbortController().signal

async function run(producer: string, signal = RUNS): ReturnType<typeof calibrate> {
  const [setup] = planOf(scenarioText('', { producer })).setups
  const [group] = setup?.producers ?? []
  if (!setup || !group) throw new Error('no producers in the scenario')
  return calibrate(setup, group, TIMING, signal)
}

// Other tests calibrate too, at the same time.
const own = mkdtempSync(join(tmpdir(), 'gauntlet-test-'))
beforeAll(() => vi.stubEnv('TMPDIR', own))
afterAll(() => {
  vi.unstubAllEnvs()
  rmSync(own, { recursive: true })
})

describe('calibrate', { timeout: 60_000 }, () => {
  test('drives the records of the scenario through its own number of workers, without a broker', async () => {
    const keyed = await run(
      'driver: wire\n    workers: 2\n    config: { compression.type: lz4 }\n    keys: { distribution: uniform, cardinality: 10, prefix: k }\n    values: { size: 200B }',
    )
    expect(keyed.windows).toHaveLength(1)
    // Far below what any machine does, and far above what a schedule of this scenario (1k/s) would ask for.
    expect(keyed.perSecond).toBeGreaterThan(2000)
    expect(keyed.perSecond).toBe(keyed.windows[0])
    // A value of 200 bytes and a key of two.
    expect(keyed.bytesPerSecond / keyed.perSecond).toBeCloseTo(202, 6)
    expect(keyed.cpuSecondsPerMillion).toBeGreaterThan(0)
    expect(readdirSync(own)).toEqual([])
  })

  test('stops when asked, and leaves nothing', async () => {
    await expect(run('driver: kafkajs', AbortSignal.abort())).rejects.toMatchObject({ code: 'E501' })
    expect(readdirSync(own)).toEqual([])
  })
})
