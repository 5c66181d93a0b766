// Runs the sessions of a campaign one after the other as users do, and keeps what each said.
import { spawn } from 'node:child_process'
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { AbResult } from '../../src/analysis/ab.ts'
import { readNoise } from '../../src/cli/shared/noise.ts'
import { describeEnvironment } from '../../src/recording/environment.ts'
import { smallestVisible } from '../../src/stats/pairs.ts'
import { delayed, keep, MEASURE_S } from './campaign-scenarios.ts'

/** `aa`: equal arms; `planted`: a delay in one routed arm, after equal routed arms have told what can be seen; `linger`: 0 against 20 ms. */
export const PARTS = ['aa', 'routed', 'planted', 'linger'] as const
export type Part = (typeof PARTS)[number]

export type Shape = { pairs: number; sessions: number; boundMs: number }

/** What `gauntlet ab --json` printed. */
export type Session = AbResult & { directory: string; exitCode: number; causes: { text: string }[] }

/** What is planted, said before the first session of it. */
export type Planted = {
  baseP50Us: number
  marginShare: number
  delayMs: number
  effectShare: number
  visibleShare: number
}

const MARGIN_SHARE = 0.1
const EFFECT_MARGINS = 1.5
const ROUTED_SESSIONS = 3
const BOOT_MS = 15_000
const TRIAL_MS = 1000 * MEASURE_S + 5000

/** The sessions of a part that came to their end, in order. */
export async function storedSessions(folder: string, part: Part): Promise<Session[]> {
  const names = await readdir(join(folder, part)).catch((): string[] => [])
  const done = names.filter(name => name.endsWith('.json')).toSorted()
  return Promise.all(done.map(async name => JSON.parse(await readFile(join(folder, part, name), 'utf8')) as Session))
}

/** Runs what is missing of a part, as far as the time allows. */
export async function runPart(folder: string, part: Part, { pairs, sessions, boundMs }: Shape): Promise<void> {
  const wanted = part === 'routed' ? ROUTED_SESSIONS : sessions
  await mkdir(join(folder, part), { recursive: true })
  const beganMs = performance.now()
  let longestMs = BOOT_MS + 2 * pairs * TRIAL_MS
  for (let number = (await storedSessions(folder, part)).length + 1; number <= wanted; number++) {
    const sessionBeganMs = performance.now()
    if (sessionBeganMs - beganMs + longestMs > boundMs) break
    const name = String(number).padStart(3, '0')
    const out = join(folder, part, name)
    const args = [...(await argumentsOf(folder, part, pairs)), '--seed', String(number), '--out', out]
    const session = await ab([...args, '--pairs', String(pairs)])
    await writeFile(`${out}.partial`, `${JSON.stringify(session, null, 1)}\n`)
    await rename(`${out}.partial`, `${out}.json`)
    const tookMs = performance.now() - sessionBeganMs
    longestMs = Math.max(tookMs, number === 1 ? 0 : longestMs)
    const rows = session.metrics.filter(metric => metric.gating && metric.estimate)
    const moved = rows.map(({ name: metric, estimate }) => `${metric} ×${estimate?.ratio.toFixed(3)}`).join(', ')
    console.log(`${part} ${name}: ${session.decision} (${(tookMs / 1000).toFixed(0)} s; ${moved})`)
  }
  const there = (await storedSessions(folder, part)).length
  console.log(`${part}: ${there} of ${wanted} sessions are there`)
}

async function argumentsOf(folder: string, part: Part, pairs: number): Promise<string[]> {
  const file = (name: string): string => join(folder, `${name}.yaml`)
  if (part === 'aa') return [file('aa')]
  if (part === 'routed') return [file('routed'), '--margin', `ack.p50=${100 * MARGIN_SHARE}%`]
  if (part === 'linger')
    return [
      file('aa'),
      '--base-with',
      'producers.linger.ms=0ms',
      '--candidate-with',
      'producers.linger.ms=20ms',
      '--margin',
      'ack.p50=10%',
    ]
  const planted = await plantedOf(folder, pairs)
  return [file('routed'), file('planted'), '--margin', `ack.p50=${(100 * planted.marginShare).toFixed(2)}%`]
}

/** Fixes the delay from the sessions of equal routed arms, once: 1.5 margins of what a record takes there. */
async function plantedOf(folder: string, pairs: number): Promise<Planted> {
  const path = join(folder, 'planted.json')
  const there = await readFile(path, 'utf8').catch(() => undefined)
  if (there !== undefined) return JSON.parse(there) as Planted
  const equal = await storedSessions(folder, 'routed')
  if (equal.length < ROUTED_SESSIONS) throw new Error(`run the part "routed" first: ${ROUTED_SESSIONS} equal sessions`)
  const p50s = equal.map(session => session.metrics.find(metric => metric.name === 'ack.p50')?.basePer ?? Number.NaN)
  const baseP50Us = p50s.toSorted((a, b) => a - b)[Math.floor(p50s.length / 2)] ?? Number.NaN
  const noise = await readNoise(describeEnvironment().fingerprint, 'campaign-routed')
  const floorShare = noise.floors['ack.p50']?.floorShare ?? 0
  // A proxy delays by whole milliseconds; the margin gives way, so that the effect is 1.5 margins.
  const delayMs = Math.ceil((EFFECT_MARGINS * Math.max(MARGIN_SHARE, floorShare) * baseP50Us) / 1000)
  const effectShare = (1000 * delayMs) / baseP50Us
  const marginShare = effectShare / EFFECT_MARGINS
  const visibleShare = smallestVisible(noise.pairSd['ack.p50'] ?? Number.NaN, pairs, marginShare)
  const planted: Planted = { baseP50Us, marginShare, delayMs, effectShare, visibleShare }
  await keep(join(folder, 'planted.yaml'), delayed(delayMs))
  await writeFile(path, `${JSON.stringify(planted, null, 1)}\n`)
  return planted
}

function ab(args: readonly string[]): Promise<Session> {
  const gauntlet = join(import.meta.dirname, '..', '..', 'bin', 'gauntlet.js')
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [gauntlet, 'ab', ...args, '--json'], { stdio: ['ignore', 'pipe', 'inherit'] })
    let output = ''
    child.stdout.on('data', chunk => (output += String(chunk)))
    child.on('error', reject)
    child.on('close', code => {
      try {
        resolve(JSON.parse(output) as Session)
      } catch {
        reject(new Error(`gauntlet ab ended with ${code} and no result: ${output.slice(-400)}`))
      }
    })
  })
}
