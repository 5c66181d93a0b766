// The command line as a user meets it: help that loads little, usage errors in one line, exit codes as documented.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { ROOT, runCli } from '../../support/cli.ts'

const folder = mkdtempSync(join(tmpdir(), 'gauntlet-cli-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function modulesOf(args: string[]): Promise<string[]> {
  const log = join(folder, `modules-${args.join('-')}.txt`)
  writeFileSync(log, '')
  const preload = join(ROOT, 'test', 'support', 'record-modules.mjs')
  const result = await runCli(args, { env: { NODE_OPTIONS: `--import=${preload}`, GAUNTLET_MODULE_LOG: log } })
  expect(result.exitCode).toBe(0)
  return readFileSync(log, 'utf8').split('\n').filter(Boolean)
}

describe('gauntlet --help', () => {
  it('loads none of zod, dockerode, vega or a Kafka client', async () => {
    const modules = await modulesOf(['--help'])
    expect(modules.some(url => url.includes('/yargs/'))).toBe(true)
    for (const heavy of ['zod', 'dockerode', 'vega', 'vega-lite', 'kafkajs', 'hdr-histogram-js', 'yaml']) {
      expect(
        modules.filter(url => url.includes(`/node_modules/${heavy}/`)),
        heavy,
      ).toEqual([])
    }
  })

  it('names every command and every exit code', async () => {
    const { stdout, exitCode } = await runCli(['--help'])
    expect(exitCode).toBe(0)
    for (const word of [
      'run',
      'plan',
      'calibrate',
      'report',
      'compare',
      'gate',
      'judge',
      'images',
      'cluster',
      'doctor',
      'clean',
      '130/143',
    ])
      expect(stdout).toContain(word)
  })

  it('prints the version of package.json', async () => {
    const { stdout } = await runCli(['--version'])
    expect(stdout.trim()).toBe(
      (JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }).version,
    )
  })
})

describe('wrong usage', () => {
  it.each([
    [[], 'no command'],
    [['rnu', 'x.yaml'], 'did you mean run'],
    [['run'], 'Not enough'],
    [['run', 'scenarios/quickstart.yaml', '--repet', '2'], 'repet'],
    [['run', 'scenarios/quickstart.yaml', '--repeat', 'many'], '--repeat'],
    [['run', 'scenarios/quickstart.yaml', '--repeat', '0'], '--repeat'],
    [['plan', 'scenarios/quickstart.yaml', '--rate', '5'], '--rate'],
    [['plan', 'scenarios/quickstart.yaml', '--set', 'linger.ms=5'], '--set'],
    [['plan', 'scenarios/quickstart.yaml', '--set', 'producers.lingerms=5'], 'did you mean linger.ms'],
    [['plan', 'scenarios/quickstart.yaml', '--provider', 'podman'], 'podman'],
    [['plan', 'no-such-file.yaml'], 'no-such-file.yaml'],
    [['calibrate', '--rate', '5k/s'], '--rate changes a scenario'],
  ])('%j → exit 2, one clear error, no stack', async (args, fragment) => {
    const { exitCode, stderr } = await runCli(args)
    expect(stderr).toContain(fragment)
    expect(stderr).not.toMatch(/\n\s+at /)
    expect(exitCode).toBe(2)
  })

  it('refuses an environment variable that cannot be read', async () => {
    const { exitCode, stderr } = await runCli(['plan', 'scenarios/quickstart.yaml'], {
      env: { GAUNTLET_REPEAT: 'often' },
    })
    expect(stderr).toContain('GAUNTLET_REPEAT=often')
    expect(exitCode).toBe(2)
  })
})

describe('gauntlet plan', () => {
  it('shows where each value comes from: flag over environment over scenario over default', async () => {
    const args = ['plan', 'scenarios/quickstart.yaml', '--json', '--set', 'producers.linger.ms=20ms']
    const { stdout, exitCode } = await runCli(args, { env: { GAUNTLET_SEED: '9' } })
    expect(exitCode).toBe(0)
    const plan = JSON.parse(stdout) as {
      overrides: { name: string; value: unknown; source: string }[]
      setups: { producers: { settings: { name: string; value: unknown; source: string }[] }[] }[]
    }
    expect(plan.overrides).toContainEqual({ name: 'seed', value: 9, source: 'environment' })
    const settings = plan.setups[0]?.producers[0]?.settings ?? []
    expect(settings.find(row => row.name === 'linger.ms')).toMatchObject({ value: 20, source: 'flag' })
    expect(settings.find(row => row.name === 'acks')).toMatchObject({ value: 'all', source: 'scenario' })
    expect(settings.find(row => row.name === 'batch.size')).toMatchObject({ value: 16384, source: 'default' })
  })

  it('refuses rules that can have no data, with their place', async () => {
    const file = join(folder, 'acks0.yaml')
    writeFileSync(
      file,
      readFileSync(join(ROOT, 'scenarios', 'acks-sweep.yaml'), 'utf8').replace(
        '  - rule: acked == stored\n    when: { acks: [1, all] }',
        '  - ack.p99 < 50ms',
      ),
    )
    const { exitCode, stderr } = await runCli(['plan', file])
    expect(stderr).toMatch(/acks0\.yaml:\d+:\d+ {2}E202 .*ack\.p99 < 50ms/)
    expect(exitCode).toBe(2)
  })

  it('caps the matrix unless allowed', async () => {
    const file = join(folder, 'huge.yaml')
    const many = Array.from({ length: 201 }, (_, i) => `${i + 1}ms`).join(', ')
    writeFileSync(
      file,
      readFileSync(join(ROOT, 'scenarios', 'quickstart.yaml'), 'utf8')
        .replace(
          'load:',
          `matrix:\n  producers: { linger.ms: [${many.split(', ').slice(0, 101).join(', ')}], acks: [1, all] }\nload:`,
        )
        .replace('acks: all\n', 'enable.idempotence: false\n'),
    )
    const refused = await runCli(['plan', file])
    expect(refused.stderr).toMatch(/E131 .*202 cells/)
    expect(refused.exitCode).toBe(2)
    expect((await runCli(['plan', file, '--max-cells', '300'])).exitCode).toBe(0)
  })
})
