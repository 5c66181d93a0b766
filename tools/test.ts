// npm test: every suite this machine can run, skipped ones named and counted, and a last line that says how many passed and failed.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

type Report = { numPassedTests: number; numFailedTests: number; numPendingTests: number; success: boolean }

const PROJECTS = ['unit', 'contract', 'cluster', 'browser']
const only = process.argv.slice(2)
const folder = mkdtempSync(join(tmpdir(), 'gauntlet-test-'))
const skipLog = join(folder, 'skipped.txt')
let passed = 0
let failed = 0
let skipped = 0

for (const project of only.length > 0 ? only : PROJECTS) {
  const output = join(folder, `${project}.json`)
  console.log(`\n── ${project}`)
  const vitest = spawnSync(
    join('node_modules', '.bin', 'vitest'),
    [
      'run',
      '--project',
      project,
      '--reporter',
      'default',
      '--reporter',
      'json',
      '--outputFile.json',
      output,
      '--passWithNoTests',
    ],
    { stdio: 'inherit', env: { ...process.env, GAUNTLET_SKIP_LOG: skipLog } },
  )
  if (!existsSync(output)) {
    failed++
    continue
  }
  const report = JSON.parse(readFileSync(output, 'utf8')) as Report
  passed += report.numPassedTests
  failed += report.numFailedTests
  skipped += report.numPendingTests
  if (vitest.status !== 0 && report.numFailedTests === 0) failed++
}

if (skipped > 0) {
  console.log(`\n${skipped} skipped, because this machine lacks something:`)
  const reasons = existsSync(skipLog) ? [...new Set(readFileSync(skipLog, 'utf8').trim().split('\n'))] : []
  for (const reason of reasons) console.log(`  ${reason}`)
}
if (skipped > 0 && process.env['GAUNTLET_TEST_REQUIRE'] === 'all') {
  console.log('GAUNTLET_TEST_REQUIRE=all: skipped tests count as failed')
  failed += skipped
}
rmSync(folder, { recursive: true, force: true })
console.log(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`)
process.exitCode = failed === 0 && passed > 0 ? 0 : 1
