// gauntlet gate on copies of the committed recording: saved baselines, exit codes, annotations, JUnit, and refusals.
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { IntervalBody, Manifest } from '../../../src/recording/format.ts'
import { decodeLines, encodeLine } from '../../../src/recording/lines.ts'
import { unpackHistogram } from '../../../src/recording/read.ts'
import { openSealed, sealJson } from '../../../src/recording/sealed.ts'
import { packHistogram } from '../../../src/recording/write.ts'
import { LatencyHistogram } from '../../../src/stats/histogram.ts'
import { type CliResult, ROOT, runCli } from '../../support/cli.ts'

const folder = mkdtempSync(join(tmpdir(), 'gauntlet-gate-'))
const at = (name: string): string => join(folder, name)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A copy of the example under another run id, with acknowledgements so many times as slow. */
function copy(name: string, runId: string, { times = 1, fingerprint = '' } = {}): void {
  cpSync(join(ROOT, 'reports', 'example'), at(name), { recursive: true })
  const path = join(at(name), 'manifest.json')
  const manifest = openSealed<Manifest>(readFileSync(path), path)
  const environment = fingerprint ? { ...manifest.environment, fingerprint, cores: 64 } : manifest.environment
  writeFileSync(path, sealJson({ ...manifest, runId, environment }))
  for (const trial of readdirSync(join(at(name), 'trials'))) {
    const file = join(at(name), 'trials', trial, 'intervals.ndjson')
    const { bodies } = decodeLines<IntervalBody>(readFileSync(file), file)
    writeFileSync(file, bodies.map(body => encodeLine(slowed(body, times))).join(''))
  }
}

function slowed(body: IntervalBody, times: number): IntervalBody {
  const { ack } = body.histograms
  if (ack === undefined || times === 1) return body
  const slow = new LatencyHistogram()
  for (const { us, count } of unpackHistogram(ack).buckets()) slow.record(us * times, count)
  return { ...body, histograms: { ...body.histograms, ack: packHistogram(slow.encode()) } }
}

const gate = (...args: string[]): Promise<CliResult> =>
  runCli(['gate', ...args], { env: { GAUNTLET_STATE: at('state'), GITHUB_STEP_SUMMARY: at('summary.md') } })
const MARGINS = ['--margin', 'throughput']

beforeAll(async () => {
  mkdirSync(at('state'))
  copy('a', '20260101-000000-000a')
  copy('b', '20260101-000000-000b')
  copy('c', '20260101-000000-000c')
  copy('d', '20260101-000000-000d')
  copy('slow-1', '20260101-000000-0001', { times: 100 })
  copy('slow-2', '20260101-000000-0002', { times: 100 })
  copy('elsewhere', '20260101-000000-000e', { fingerprint: 'other' })
  const saved = await gate(at('a'), at('b'), '--save', at('base.json'))
  expect(saved).toMatchObject({ exitCode: 0, stderr: '' })
}, 60_000)

describe('gauntlet gate', () => {
  it('holds equal runs for equivalent, and writes what it decided beside the recording', async () => {
    const { exitCode, stdout } = await gate(at('c'), at('d'), '--baseline', at('base.json'), ...MARGINS)
    expect(stdout).toContain('EQUIVALENT')
    expect(exitCode).toBe(0)
    const result = JSON.parse(readFileSync(join(at('c'), 'gate.json'), 'utf8')) as { metrics: { estimate?: unknown }[] }
    expect(result).toMatchObject({ decision: 'EQUIVALENT', exitCode: 0 })
    expect(result.metrics[0]?.estimate).toMatchObject({ nBase: 4, nCandidate: 4 })
  })

  it('fails a regression, with annotation, summary and JUnit', async () => {
    const args = ['--baseline', at('base.json'), '--margin', 'ack.p50', '--junit', at('gate.xml'), '--github']
    const { exitCode, stdout } = await gate(at('slow-1'), at('slow-2'), ...args)
    expect(exitCode).toBe(1)
    expect(stdout).toContain('::error title=REGRESSION::linger.ms=0: ack.p50')
    expect(readFileSync(at('summary.md'), 'utf8')).toContain('## REGRESSION')
    expect(readFileSync(at('gate.xml'), 'utf8')).toMatch(/tests="\d+" failures="2" errors="0" skipped="0"/)
  })

  it.each([
    ['fail', 3],
    ['warn', 0],
    ['pass', 0],
  ])('with too few trials it cannot decide; --on-inconclusive %s ends with %i', async (what, code) => {
    const { exitCode, stdout } = await gate(at('c'), '--baseline', at('a'), '--on-inconclusive', what, '--github')
    expect(stdout).toContain('1 more of the recording')
    expect(stdout).toContain(`::${what === 'pass' ? 'notice' : 'warning'} title=INCONCLUSIVE::`)
    expect(exitCode).toBe(code)
  })

  it('cuts the beginning of the recording by as much as the stored baseline was cut', async () => {
    type Base = { side: { cutSeconds: number } }
    const base = openSealed<Base>(readFileSync(at('base.json')), at('base.json'))
    writeFileSync(at('cut.json'), sealJson({ ...base, side: { ...base.side, cutSeconds: 3 } }))
    const read = async (name: string): Promise<{ cutSeconds: number; metrics: { candidatePer: number }[] }> =>
      JSON.parse((await gate(at('c'), at('d'), '--baseline', at(name), '--json')).stdout)
    const [whole, cut] = [await read('base.json'), await read('cut.json')]
    expect([whole.cutSeconds, cut.cutSeconds]).toEqual([0, 3])
    expect(cut.metrics[0]?.candidatePer).not.toBe(whole.metrics[0]?.candidatePer)
  })

  it('refuses a recording of another machine, and says what differs', async () => {
    const { exitCode, stderr } = await gate(at('elsewhere'), '--baseline', at('base.json'))
    expect(stderr).toMatch(/E402 .*cores 2 against 64/)
    expect(exitCode).toBe(5)
  })

  it.each<[string, string[], number, string]>([
    ['neither baseline nor save', ['a'], 2, 'needs a baseline'],
    ['one run twice', ['a', 'b', 'a2', '--baseline', 'base.json'], 2, 'is given twice'],
    ['a file that is no baseline', ['a', '--baseline', 'a/manifest.json'], 7, 'E604'],
    ['a baseline that was changed', ['a', '--baseline', 'changed.json'], 7, 'E601'],
    ['a baseline that is not there', ['a', '--baseline', 'none.json'], 7, 'E603'],
  ])('refuses %s', async (_, args, code, fragment) => {
    if (args.includes('a2')) cpSync(at('a'), at('a2'), { recursive: true })
    writeFileSync(
      at('changed.json'),
      readFileSync(at('base.json'), 'utf8').replace('"cutSeconds": 0', '"cutSeconds": 1'),
    )
    const { exitCode, stderr } = await gate(...args.map(arg => (arg.startsWith('--') ? arg : at(arg))))
    expect(stderr).toContain(fragment)
    expect(stderr).not.toMatch(/\n\s+at /)
    expect(exitCode).toBe(code)
  })

  it('takes no run that failed its checks as a baseline, and fails one that did whatever its numbers are', async () => {
    copy('failed', '20260101-000000-000f')
    const path = join(at('failed'), 'manifest.json')
    const manifest = openSealed<Manifest>(readFileSync(path), path)
    const [rule] = manifest.rules
    if (!rule) throw new Error('the example has rules')
    const impossible = { ...rule, metric: 'acked', text: 'acked == 0' }
    writeFileSync(path, sealJson({ ...manifest, rules: [impossible] }))
    const saved = await gate(at('failed'), '--save', at('never.json'))
    expect(saved).toMatchObject({ exitCode: 5, stderr: expect.stringContaining('E405') })
    const { exitCode, stdout } = await gate(at('failed'), at('c'), '--baseline', at('base.json'), ...MARGINS)
    expect(stdout).toContain('rule "acked == 0"')
    expect(exitCode).toBe(1)
  })
})
