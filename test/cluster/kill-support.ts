// What tests that kill a coordinator share: the kill, decoys, and which containers, networks, volumes, processes and folders of a run are left.
import { execFileSync, spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect } from 'vitest'
import { type RunningCli, startCli } from '../support/cli.ts'

/** The lines that a Docker command prints. */
export const docker = (...args: string[]): string[] =>
  String(execFileSync('docker', args)).trim().split('\n').filter(Boolean)

/** Ids of everything on the engine that carries a run's label. */
export const labelled = (runId: string): string[] => [
  ...docker('ps', '-aq', '--filter', `label=kafka-gauntlet.run=${runId}`),
  ...docker('network', 'ls', '-q', '--filter', `label=kafka-gauntlet.run=${runId}`),
  ...docker('volume', 'ls', '-q', '--filter', `label=kafka-gauntlet.run=${runId}`),
]

/** Processes that carry a run's marker, read from the system. */
export function marked(runId: string): number[] {
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

/** Folders of a run outside its recording. */
export const folders = (runId: string): string[] => readdirSync(tmpdir()).filter(name => name.includes(runId))

/** Journals in a state directory. */
export function journals(state: string): string[] {
  return readdirSync(join(state, 'kafka-gauntlet', 'runs')).filter(name => name.endsWith('.journal'))
}

/** The run to kill: its scenario, and where its recording and its journal go. */
export type Victim = { scenario: string; provider: string; out: string; state: string }

/** Kills a run with SIGKILL once it has come to the moment; fails where it was over before. Returns its id. */
export async function killRun(
  { scenario, provider, out, state }: Victim,
  moment: (run: RunningCli, runId: string) => Promise<unknown>,
): Promise<string> {
  const run = startCli(['run', scenario, '--provider', provider, '--out', out], { env: { GAUNTLET_STATE: state } })
  await run.until(/starting \d nodes?/)
  const found = journals(state)
  expect(found).toHaveLength(1)
  const runId = String(found[0]).replace('.journal', '')
  await Promise.race([moment(run, runId), run.done])
  run.child.kill('SIGKILL')
  const { exitCode, signal, stdout, stderr } = await run.done
  expect({ exitCode, signal }, stdout + stderr).toEqual({ exitCode: null, signal: 'SIGKILL' })
  return runId
}

/** Keeps a container and its volume that look like ours and carry no label of ours; both must be there after each call of `mustStay`. */
export async function withDecoyContainer(name: string, use: (mustStay: () => void) => Promise<void>): Promise<void> {
  const images = docker('images', '--format', '{{.Repository}}:{{.Tag}}')
  const image = images.find(one => one.includes('kafka-gauntlet/kafka') || one.startsWith('apache/kafka'))
  docker('volume', 'create', name)
  docker('create', '--name', name, '-v', `${name}:/var/lib/kafka`, String(image))
  try {
    await use(() => {
      expect(docker('ps', '-aq', '--filter', `name=${name}`)).toHaveLength(1)
      expect(docker('volume', 'ls', '-q', '--filter', `name=${name}`)).toHaveLength(1)
    })
  } finally {
    docker('rm', '-f', name)
    docker('volume', 'rm', name)
  }
}

/** Registers a process of somebody else for the tests of a file; tells its exit code, null while it lives. */
export function useDecoyProcess(): () => number | null | undefined {
  let decoy: ReturnType<typeof spawn> | undefined
  beforeAll(() => {
    decoy = spawn('sleep', ['7200'], { env: { PATH: process.env['PATH'] ?? '', GAUNTLET_RUN: 'somebody-else' } })
  })
  afterAll(() => void decoy?.kill('SIGKILL'))
  return () => decoy?.exitCode
}
