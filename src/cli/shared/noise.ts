// How far metrics move on this machine when nothing changed: kept by machine and scenario, from sessions of a scenario against itself.
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { AbResult, NoiseFloor } from '../../analysis/ab.ts'
import { stateDirectory } from '../../cluster/places.ts'
import { writeSealed } from '../../recording/write.ts'

/** The latest sessions are kept, since machines change. */
const MOST_SESSIONS = 20
const QUANTILE = 0.95

type NoiseSession = { at: string; metrics: Record<string, { ratio: number; sd: number }> }
type NoiseFile = Record<string, NoiseSession[]>

const pathOf = (fingerprint: string): string => join(stateDirectory(), 'noise', `${fingerprint}.json`)

async function readNoiseFile(fingerprint: string): Promise<NoiseFile> {
  const text = await readFile(pathOf(fingerprint), 'utf8').catch(() => '{}')
  return JSON.parse(text) as NoiseFile
}

export type Noise = {
  floors: Record<string, NoiseFloor>
  /** The spread of one pair, by metric: the median of all sessions. */
  pairSd: Record<string, number>
}

/** What is known of a scenario on a machine; nothing where it never ran against itself. */
export async function readNoise(fingerprint: string, scenario: string): Promise<Noise> {
  const sessions = (await readNoiseFile(fingerprint))[scenario] ?? []
  const noise: Noise = { floors: {}, pairSd: {} }
  for (const name of new Set(sessions.flatMap(session => Object.keys(session.metrics)))) {
    const own = sessions.flatMap(session => session.metrics[name] ?? [])
    const moves = own.map(({ ratio }) => Math.expm1(Math.abs(Math.log(ratio)))).toSorted((a, b) => a - b)
    const sds = own.map(({ sd }) => sd).toSorted((a, b) => a - b)
    noise.floors[name] = {
      floorShare: moves[Math.min(moves.length - 1, Math.ceil(QUANTILE * moves.length) - 1)] ?? 0,
      sessions: own.length,
    }
    noise.pairSd[name] = sds[Math.floor((sds.length - 1) / 2)] ?? 0
  }
  return noise
}

/** Remembers a session in which both arms were the same. */
export async function rememberNoise(
  fingerprint: string,
  scenario: string,
  result: AbResult,
  nowIso: string,
): Promise<void> {
  const file = await readNoiseFile(fingerprint)
  const metrics = Object.fromEntries(
    result.metrics.flatMap(({ name, estimate }) =>
      estimate ? [[name, { ratio: estimate.ratio, sd: estimate.sd }] as const] : [],
    ),
  )
  file[scenario] = [...(file[scenario] ?? []), { at: nowIso, metrics }].slice(-MOST_SESSIONS)
  await mkdir(join(stateDirectory(), 'noise'), { recursive: true })
  await writeSealed(pathOf(fingerprint), `${JSON.stringify(file, null, 1)}\n`)
}
