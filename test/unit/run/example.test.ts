// The golden test of the right half: the committed recording gives the very numbers and verdict stored with it.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { judgeRecording, readCauses } from '../../../src/run/finish.ts'

const directory = join(import.meta.dirname, '..', '..', '..', 'reports', 'example')
const stored = JSON.parse(readFileSync(join(directory, 'result.json'), 'utf8')) as {
  verdict: string
  exitCode: number
  analysis: Record<string, unknown>
}
const asStored = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

describe('reports/example', () => {
  it('is analysed and judged as it was when it was committed', async () => {
    const { analysis, judgement } = await judgeRecording(directory, { causes: await readCauses(directory) })
    expect(asStored({ ...analysis, judgement })).toEqual(stored.analysis)
    expect(judgement.verdict).toBe(stored.verdict)
    expect(judgement.exitCode).toBe(stored.exitCode)
  })

  it('holds what it says: two cells twice, every record acknowledged, stored and read', async () => {
    const { analysis } = await judgeRecording(directory)
    expect(analysis.cells.map(cell => cell.trials.length)).toEqual([2, 2])
    for (const { accounting } of analysis.cells.flatMap(cell => cell.trials)) {
      expect(accounting).toMatchObject({ acked: 1400, stored: 1400, errors: 0, unverified: 0 })
      expect(accounting.groups.map(group => group.consumed)).toEqual([1400])
    }
  })
})
