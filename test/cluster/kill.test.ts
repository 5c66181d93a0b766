// The coordinator is killed with SIGKILL in each phase: clean removes everything of ours, and nothing that only looks like ours.
import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readRecording } from '../../src/recording/read.ts'
import { ROOT, runCli, startCli } from '../support/cli.ts'
import { requireOrSkip } from '../support/require.ts'

/** One kill per phase here; `npm run soak:kill` sets five. */
const TIMES = Number(process.env['GAUNTLET_KILLS'] ?? 1)
const PHASES: [string, RegExp, number][] = [
  ['cluster start', /starting 1 node/, 700],
  ['topics and workers', /cluster ready/, 600],
  ['warm-up', /single cell/, 4000],
  ['measure', /sent .*acked/, 0],
  ['drain and tear-down', /sent .*acked/, 3500],
]
const folder = mkdtempSync(join(tmpdir(), 'gauntlet-kill-'))
const env = { GAUNTLET_STATE: join(folder, 'state') }
const scenario = join(folder, 'kill.yaml')
let decoy: ReturnType<typeof spawn> | undefined

const docker = (...args: string[]): string[] => String(execFileSync('docker', args)).trim().split('\n').filter(Boolean)
const ours = (runId: string): string[] => [
  ...docker('ps', '-aq', '--filter', `label=kafka-gauntlet.run=${runId}`),
  ...docker('network', 'ls', '-q', '--filter', `label=kafka-gauntlet.run=${runId}`),
  ...docker('volume', 'ls', '-q', '--filter', `label=kafka-gauntlet.run=${runId}`),
]

/** Processes that carry a run's marker, read from the system. */
function marked(runId: string): number[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .map(Number)
    .filter(pid => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`GAUNTLET_RUN=${runId}`)
      } catch {
        return false
      }
    })
}

beforeAll(() => {
  const text = readFileSync(join(ROOT, 'scenarios', 'quickstart.yaml'), 'utf8')
  writeFileSync(scenario, text.replace('for: 5s', 'for: 3s').replace('for: 20s', 'for: 8s'))
  decoy = spawn('sleep', ['600'], { env: { PATH: process.env['PATH'] ?? '', GAUNTLET_RUN: 'somebody-else' } })
})
afterAll(() => {
  decoy?.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

async function killOnce(provider: string, pattern: RegExp, delayMs: number): Promise<string> {
  const run = startCli(['run', scenario, '--provider', provider, '--out', folder], { env })
  run.done.catch(() => undefined)
  await run.until(pattern)
  await new Promise(resolve => setTimeout(resolve, delayMs))
  run.child.kill('SIGKILL')
  await run.done
  const journals = readdirSync(join(folder, 'state', 'kafka-gauntlet', 'runs')).filter(name =>
    name.endsWith('.journal'),
  )
  expect(journals.length).toBeLessThanOrEqual(1)
  return (journals[0] ?? '').replace('.journal', '')
}

describe.each(['process', 'docker'] as const)('kill -9 of the coordinator (%s)', provider => {
  it.for(PHASES)('during %s leaves nothing of ours after clean', async ([_phase, pattern, delayMs], context) => {
    requireOrSkip(provider === 'docker' ? 'docker' : 'java', context)
    for (let time = 0; time < TIMES; time++) {
      const runId = await killOnce(provider, pattern, delayMs)
      const cleaned = await runCli(['clean', '--yes'], { env })
      expect(cleaned.exitCode, cleaned.stderr).toBe(0)
      if (runId === '') continue
      expect(marked(runId)).toEqual([])
      if (provider === 'docker') expect(ours(runId)).toEqual([])
      expect(readdirSync(tmpdir()).filter(name => name.includes(runId))).toEqual([])
      const directory = join(folder, 'quickstart', runId)
      const recording = await readRecording(directory)
      expect(recording.manifest.runId).toBe(runId)
      expect(decoy?.exitCode).toBe(null)
    }
  })

  it('touches no decoy: same image, similar names, no label of ours', async context => {
    requireOrSkip('docker', context)
    const image = docker('images', '--format', '{{.Repository}}:{{.Tag}}').find(
      name => name.includes('kafka-gauntlet/kafka') || name.startsWith('apache/kafka'),
    )
    const name = `gauntlet-20260101-000000-dead-broker-1-${provider}`
    docker('volume', 'create', name)
    docker('create', '--name', name, '-v', `${name}:/var/lib/kafka`, String(image))
    try {
      await killOnce('docker', /starting 1 node/, 1500)
      expect((await runCli(['clean', '--yes'], { env })).exitCode).toBe(0)
      expect(docker('ps', '-aq', '--filter', `name=${name}`)).toHaveLength(1)
      expect(docker('volume', 'ls', '-q', '--filter', `name=${name}`)).toHaveLength(1)
    } finally {
      docker('rm', '-f', name)
      docker('volume', 'rm', name)
    }
  })
})
