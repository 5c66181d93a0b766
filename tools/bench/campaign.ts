// A campaign of real `gauntlet ab` sessions that says how far its decisions can be believed on this machine: the tables in METHOD.
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { describeEnvironment } from '../../src/recording/environment.ts'
import { writeScenarios } from './campaign-scenarios.ts'
import { PARTS, type Part, runPart, type Shape } from './campaign-sessions.ts'
import { printTables } from './campaign-table.ts'

const USAGE = `npm run bench:campaign -- FOLDER [${PARTS.join('|')}|table] [--sessions 20] [--pairs 5] [--for 220]
Sessions are kept in FOLDER and go on where they stopped; none begins that would end after --for seconds.`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    sessions: { type: 'string', default: '20' },
    pairs: { type: 'string', default: '5' },
    for: { type: 'string', default: '220' },
  },
})
const [folder, what = 'table'] = positionals
const shape: Shape = {
  pairs: Number(values.pairs),
  sessions: Number(values.sessions),
  boundMs: Number(values.for) * 1000,
}
const part = PARTS.find(name => name === what)

if (folder === undefined || (part === undefined && what !== 'table') || !Object.values(shape).every(Number.isFinite)) {
  console.error(USAGE)
  process.exitCode = 2
} else {
  await mkdir(folder, { recursive: true })
  await run(folder, part)
}

async function run(into: string, chosen: Part | undefined): Promise<void> {
  await writeScenarios(into)
  if (chosen) await runPart(into, chosen, shape)
  else await printTables(into, describeEnvironment().fingerprint, join(into, 'table.md'))
}
