// The transaction scenario as users run it, shortened: from the file to the verdict, every count of every reader and of Kafka's own tool.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, expect, test } from 'vitest'
import type { Analysis } from '../../src/analysis/analysis.ts'
import type { Judgement } from '../../src/verify/judgement.ts'
import { ROOT, runCli } from '../support/cli.ts'
import { requireOrSkip } from '../support/require.ts'

const folder = mkdtempSync(join(tmpdir(), 'gauntlet-transactions-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
beforeEach(context => requireOrSkip('java', context))

const RECORDS = 600

test('every order becomes one invoice for who reads committed records, and more for who does not', async () => {
  const text = readFileSync(join(ROOT, 'scenarios', 'transactions.yaml'), 'utf8')
    .replace('for: 5s', 'for: 1s')
    .replace('for: 15s', 'for: 2s')
    .replace('abort: 10%', 'abort: 30%')
  const file = join(folder, 'transactions.yaml')
  writeFileSync(file, text)
  const env = { GAUNTLET_STATE: join(folder, 'state') }
  const { stdout, stderr } = await runCli(
    ['run', file, '--provider', 'process', '--out', folder, '--json', '--witness'],
    { env },
  )
  const output = `${stdout}\n${stderr}`
  const { files } = JSON.parse(stdout) as { files: { json: string } }
  const { analysis } = JSON.parse(readFileSync(files.json, 'utf8')) as {
    analysis: Analysis & { judgement: Judgement }
  }
  const [trial] = analysis.cells.flatMap(cell => cell.trials)
  expect(
    analysis.judgement.checks.filter(({ verdict }) => verdict !== 'pass'),
    output,
  ).toEqual([])
  const told = trial?.accounting.transactions
  expect(trial?.verification?.transactions).toEqual({ committed: told?.committed, aborted: told?.aborted, open: 0 })
  expect(told?.aborted).toBeGreaterThan(0)
  expect([told?.fenced, told?.failed, told?.unknown]).toEqual([0, 0, 0])
  const hidden = trial?.verification?.truth['aborted'] ?? 0
  expect(hidden).toBeGreaterThan(0)
  expect(trial?.accounting.groups.map(({ group, consumed, expected }) => [group, consumed, expected])).toEqual([
    ['billing', RECORDS, RECORDS],
    ['ledger', RECORDS, RECORDS],
    ['audit', RECORDS + hidden, RECORDS + hidden],
  ])
  expect(trial?.accounting).toMatchObject({ acked: 2 * RECORDS, stored: 2 * RECORDS, witness: { stored: 2 * RECORDS } })
}, 120_000)
