// The packed tarball is what users install: it must plan and run from dist, with workers that find their entry.
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ROOT } from '../support/cli.ts'
import { requireOrSkip } from '../support/require.ts'
import { expectSound } from '../support/sound.ts'

const folder = mkdtempSync(join(tmpdir(), 'gauntlet-package-'))
const installed = join(folder, 'package')
afterAll(() => rmSync(folder, { recursive: true, force: true }))

beforeAll(() => {
  const env = { ...process.env, npm_config_loglevel: 'error' }
  execFileSync(
    join(ROOT, 'node_modules', '.bin', 'tsc'),
    ['-p', 'tsconfig.build.json', '--outDir', join(folder, 'dist')],
    { cwd: ROOT },
  )
  const [packed] = JSON.parse(
    String(
      execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], { cwd: ROOT, env }),
    ),
  ) as { filename: string }[]
  execFileSync('tar', ['-xzf', join(folder, String(packed?.filename)), '-C', folder])
  if (!existsSync(join(installed, 'dist'))) execFileSync('cp', ['-r', join(folder, 'dist'), join(installed, 'dist')])
  symlinkSync(join(ROOT, 'node_modules'), join(installed, 'node_modules'))
})

const BIN = join(installed, 'bin', 'gauntlet.js')
const SPAWN = { cwd: folder, env: { ...process.env, GAUNTLET_STATE: join(folder, 'state') } }

describe('the packed tarball', () => {
  it('ships no sources and no tests, and runs from dist', () => {
    expect(existsSync(join(installed, 'src'))).toBe(false)
    expect(existsSync(join(installed, 'test'))).toBe(false)
    expect(
      String(execFileSync(process.execPath, [BIN, 'plan', join(installed, 'scenarios', 'quickstart.yaml')], SPAWN)),
    ).toContain('quickstart')
  })

  it('runs a scenario on a real broker: workers start from the package', context => {
    requireOrSkip('java', context)
    const file = join(folder, 'short.yaml')
    writeFileSync(
      file,
      readFileSync(join(installed, 'scenarios', 'quickstart.yaml'), 'utf8')
        .replace('for: 5s', 'for: 1s')
        .replace('for: 20s', 'for: 2s')
        .replace('  - achieved >= 99%\n', '')
        .replaceAll('1k/s', '100/s'),
    )
    const args = ['run', file, '--provider', 'process', '--out', folder, '--json']
    const { stdout, stderr } = spawnSync(process.execPath, [BIN, ...args], { ...SPAWN, encoding: 'utf8' })
    expectSound({ stdout, stderr })
  })
})
