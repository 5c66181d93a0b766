// npm test: every suite this machine can run, skipped ones named and counted, failed ones told once more at the end, and a last line that says how many passed and failed.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'

type Test = { status: string; fullName: string; failureMessages: string[] }
type File = { name: string; status: string; message: string; assertionResults: Test[] }
type Report = { numPassedTests: number; numFailedTests: number; numPendingTests: number; testResults: File[] }

const PROJECTS = ['unit', 'contract', 'cluster', 'browser']
const only = process.argv.slice(2)
const folder = mkdtempSync(join(tmpdir(), 'gauntlet-test-'))
const skipLog = join(folder, 'skipped.txt')
let passed = 0
let skipped = 0
const failures: string[] = []

/** Each failed test as `file › test` with its message, without the frames of libraries; a file that failed outside its tests counts as one. */
function failuresOf(report: Report): string[] {
  return report.testResults.flatMap(file => {
    const path = relative(process.cwd(), file.name)
    const tests = file.assertionResults.filter(test => test.status === 'failed')
    if (tests.length === 0 && file.status === 'failed') return [`${path}\n${file.message}`]
    return tests.map(test => `${path} › ${test.fullName}\n${test.failureMessages.join('\n')}`)
  })
}

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
    failures.push(`${project}: ended without a report (exit code ${vitest.status})`)
    continue
  }
  const report = JSON.parse(readFileSync(output, 'utf8')) as Report
  passed += report.numPassedTests
  skipped += report.numPendingTests
  const ofProject = failuresOf(report)
  if (vitest.status !== 0 && ofProject.length === 0)
    ofProject.push(`${project}: exit code ${vitest.status}, though no test failed`)
  failures.push(...ofProject)
}

if (skipped > 0) {
  console.log(`\n${skipped} skipped, because this machine lacks something:`)
  const reasons = existsSync(skipLog) ? [...new Set(readFileSync(skipLog, 'utf8').trim().split('\n'))] : []
  for (const reason of reasons) console.log(`  ${reason}`)
}
let failed = failures.length
if (skipped > 0 && process.env['GAUNTLET_TEST_REQUIRE'] === 'all') {
  console.log('GAUNTLET_TEST_REQUIRE=all: skipped tests count as failed')
  failed += skipped
}
rmSync(folder, { recursive: true, force: true })
if (failures.length > 0) console.log('\nFailed:')
for (const failure of failures) {
  const lines = failure.split('\n').filter(line => !line.includes('node_modules'))
  console.log(`  ${lines.join('\n    ')}`)
}
console.log(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`)
process.exitCode = failed === 0 && passed > 0 ? 0 : 1
