// The static half of the tests: types, lint, format, architecture, dead code and generated files, side by side, with times.
import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'

type Result = { name: string; code: number; output: string; seconds: number }

const STEPS: Record<string, string[]> = {
  types: ['tsc', '--noEmit'],
  lint: ['oxlint', '--type-aware', '--quiet', '-f', 'unix'],
  format: ['biome', 'ci', '--linter-enabled=false', '--colors=off', '--max-diagnostics=8'],
  architecture: ['depcruise', 'src', '--config', '.dependency-cruiser.mjs', '--output-type', 'err'],
  'dead code': ['knip', '--no-progress'],
  generated: ['node', 'tools/generate.ts', '--check'],
}

function run(name: string, [command, ...args]: string[]): Promise<Result> {
  const started = performance.now()
  return new Promise(resolve => {
    const child = spawn(join('node_modules', '.bin', command as string), args, { stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', chunk => (output += String(chunk)))
    child.on('close', code => resolve({ name, code: code ?? 1, output, seconds: (performance.now() - started) / 1000 }))
  })
}

/** dependency-cruiser without a usable compiler cruises nothing and says all is well. */
function cruisedEnough(result: Result): Result {
  if (result.name !== 'architecture') return result
  const modules = Number(/\((\d+) modules/.exec(result.output)?.[1] ?? 0)
  const files = readdirSync('src', { recursive: true }).filter(name => String(name).endsWith('.ts')).length
  return modules >= files
    ? result
    : { ...result, code: 1, output: `${result.output}\nonly ${modules} modules cruised, src has ${files} files` }
}

/** Two at a time: the machines this runs on have two cores. */
async function runAll(): Promise<Result[]> {
  const waiting = Object.entries(STEPS)
  const results: Result[] = []
  const lane = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const result = cruisedEnough(await run(...next))
      results.push(result)
      console.log(`${result.code === 0 ? 'ok  ' : 'FAIL'} ${result.name} (${result.seconds.toFixed(1)} s)`)
      if (result.code !== 0) console.log(result.output.trim())
    }
  }
  await Promise.all([lane(), lane()])
  return results
}

const results = await runAll()
process.exitCode = results.every(result => result.code === 0) ? 0 : 1
