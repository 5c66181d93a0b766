// What tests that kill a coordinator ask the system: which containers, networks, volumes, processes and folders of a run are left.
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

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

/** An image of a node, as decoys are made of. */
export function nodeImage(): string {
  const images = docker('images', '--format', '{{.Repository}}:{{.Tag}}')
  return String(images.find(name => name.includes('kafka-gauntlet/kafka') || name.startsWith('apache/kafka')))
}
