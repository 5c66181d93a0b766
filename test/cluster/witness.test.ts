// Outside witnesses: Kafka's own GetOffsetShell counts what we say was acknowledged, stored and read, in every cell with acks ≠ 0.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { Analysis } from '../../src/analysis/analysis.ts'
import { ROOT, runCli } from '../support/cli.ts'
import { requireOrSkip } from '../support/require.ts'
import { useOwnJournals } from './process-support.ts'

useOwnJournals()
const folder = mkdtempSync(join(tmpdir(), 'gauntlet-witness-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe.each(['process', 'docker'] as const)('acks sweep on three brokers (%s)', provider => {
  it('acked ≤ stored ≤ acked + unknown, consumed = stored, and GetOffsetShell agrees', async context => {
    requireOrSkip(provider === 'docker' ? 'docker' : 'java', context)
    const file = join(folder, `acks-${provider}.yaml`)
    const text = readFileSync(join(ROOT, 'scenarios', 'acks-sweep.yaml'), 'utf8')
    writeFileSync(
      file,
      text
        .replace('repeat: 3', 'repeat: 1')
        .replace('for: 15s', 'for: 4s')
        .replace('for: 5s', 'for: 2s')
        .replace('  - achieved >= 99%\n', '')
        .replaceAll('2k/s', '1k/s'),
    )
    const result = await runCli(['run', file, '--witness', '--provider', provider, '--out', folder, '--json'])
    expect(result.stderr).toBe('')
    const { directory } = JSON.parse(result.stdout) as { directory: string }
    const { analysis } = JSON.parse(readFileSync(join(directory, 'result.json'), 'utf8')) as { analysis: Analysis }
    expect(analysis.cells).toHaveLength(3)
    for (const cell of analysis.cells) {
      const trial = cell.trials[0]
      if (!trial) throw new Error(`no trial in cell ${cell.label}`)
      const { acked, unknown, stored, groups, witness, sentNoAck } = trial.accounting
      expect(witness?.stored, cell.label).toBe(stored)
      expect(
        groups.map(group => group.consumed),
        cell.label,
      ).toEqual([stored])
      expect(acked + sentNoAck, cell.label).toBe(6000)
      if (cell.values['acks'] === '0') continue
      expect(acked).toBeLessThanOrEqual(stored)
      expect(stored).toBeLessThanOrEqual(acked + unknown)
      const kept = JSON.parse(
        readFileSync(join(directory, 'trials', String(trial.number).padStart(3, '0'), 'trial.json'), 'utf8'),
      ) as { witness: { after: string } }
      expect(kept.witness.after.split('\n')).toHaveLength(6)
    }
  })
})
