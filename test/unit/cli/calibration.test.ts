// Which shapes of a plan are measured, and what the pre-flight writes into the plan's notes.
import { describe, expect, test } from 'vitest'
import type { Io } from '../../../src/cli/io.ts'
import { preflight, shapesOf } from '../../../src/cli/shared/calibration.ts'
import { planOf, scenarioText } from '../plan/made.ts'

const io: Io = {
  line: () => undefined,
  error: () => undefined,
  write: () => undefined,
  style: (_, text) => text,
  colour: false,
  tty: false,
  width: 100,
}

describe('shapesOf', () => {
  test('leaves out cells whose records are alike', () => {
    const plan = planOf(scenarioText('matrix:\n  producers: { linger.ms: [0, 5ms], values.size: [100B, 1KiB] }\n'))
    expect(plan.cells).toHaveLength(4)
    expect(shapesOf(plan).map(({ group }) => group.values.size)).toEqual([100, 1024])
  })
})

describe('preflight', { timeout: 60_000 }, () => {
  test('notes what can be generated, and warns of a rate above half of it', async () => {
    const plan = planOf(scenarioText().replaceAll('1k/s', '900M/s'))
    const before = plan.notes.length
    expect(await preflight(plan, io)).toBeUndefined()
    const [can, asked, ...more] = plan.notes.slice(before)
    expect(can).toMatch(/^pre-flight: producers writers \(.+\) can generate [\d.]+[kM]?\/s here$/)
    expect(asked).toMatch(/asks for up to 900M\/s: [\d.]+ % of what this machine can generate, which is more than half/)
    expect(more).toEqual([])
  })
})
