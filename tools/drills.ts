// npm run drills: every drill of the catalogue, one after the other; ends with the first bad exit code, after all of them.
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '..')
const names = readdirSync(join(ROOT, 'scenarios', 'drills')).filter(name => name.endsWith('.yaml'))
let worst = 0
for (const name of names.sort()) {
  const args = [join(ROOT, 'bin', 'gauntlet.js'), 'drill', join('scenarios', 'drills', name), ...process.argv.slice(2)]
  const { status } = spawnSync(process.execPath, args, { cwd: ROOT, stdio: 'inherit' })
  console.log(`${name}  exit ${status}`)
  worst ||= status ?? 1
}
process.exitCode = worst
