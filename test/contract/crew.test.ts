// Workers are processes: they must start, answer, report and end, and a trial must hear of every one that does not.
import { readdirSync, readFileSync } from 'node:fs'
import { afterEach, describe, expect, test } from 'vitest'
import { mergeIntervals } from '../../src/analysis/measures.ts'
import { clockFromAnchor } from '../../src/core/time.ts'
import { Crew } from '../../src/load/crew.ts'
import type { WorkerSpec } from '../../src/load/messages.ts'
import type { IntervalReport } from '../../src/load/recorder.ts'
import type { IntervalBody } from '../../src/recording/format.ts'
import { unpackHistogram } from '../../src/recording/read.ts'
import { packHistogram } from '../../src/recording/write.ts'
import { producerSpec, stretch, type VirtualSpec } from '../unit/load/virtual-producer.ts'
import { workerPids } from './driver-support.ts'

const crews: Crew[] = []
afterEach(async () => {
  await Promise.all(crews.splice(0).map(crew => crew.close()))
})

type Seen = { spec: WorkerSpec; report: IntervalReport }

function rig(options: { cpuset?: string; environment?: NodeJS.ProcessEnv } = {}) {
  const seen: Seen[] = []
  const crew = new Crew(
    { onInterval: (spec, report) => seen.push({ spec, report }), onEvent: () => undefined },
    { environment: { PATH: process.env['PATH'], ...options.environment }, cpuset: options.cpuset },
  )
  crews.push(crew)
  const anchor = { wallUs: Date.now() * 1000, hrtimeNs: String(process.hrtime.bigint()) }
  const clock = clockFromAnchor(anchor, { monotonicNs: () => process.hrtime.bigint(), millis: () => performance.now() })
  const spec = (change: VirtualSpec): WorkerSpec => producerSpec({ anchor, ...change })
  const total = (name: string): number => seen.reduce((sum, { report }) => sum + (report.counters[name] ?? 0), 0)
  const merged = () => mergeIntervals(seen.map(bodyOf), unpackHistogram)
  return { crew, clock, spec, seen, total, merged }
}

/** A report as it is written to disk. */
function bodyOf({ spec, report }: Seen): IntervalBody {
  const { histograms, ...rest } = report
  return {
    kind: 'interval',
    worker: spec.worker,
    role: spec.role,
    group: spec.group,
    ...rest,
    histograms: Object.fromEntries(histograms.map(({ name, bytes }) => [name, packHistogram(bytes)])),
  }
}

describe('a crew', () => {
  test('sends every arrival once over all its workers, tells each second, and leaves no process', async () => {
    const { crew, clock, spec, seen, total } = rig()
    const segments = [stretch('warmup', 0.5, 600), stretch('measure', 1.5, 600)]
    await crew.open(
      [0, 1, 2].map(stripe => spec({ driver: 'null', worker: `w-${stripe}`, stripe, stripes: 3, segments })),
    )
    expect(workerPids()).toHaveLength(3)
    const t0Us = clock.nowUs() + 300_000
    crew.start(t0Us)
    await crew.scheduleDone()
    await crew.finish('producer', clock.nowUs() + 5e6)
    expect([total('scheduled'), total('sent'), total('acked')]).toEqual([1200, 1200, 1200])
    for (const worker of ['w-0', 'w-1', 'w-2']) {
      const own = seen.filter(one => one.spec.worker === worker).map(one => one.report)
      expect(own.reduce((sum, { counters }) => sum + (counters['sent'] ?? 0), 0)).toBe(400)
      const seconds = own.filter(({ health }) => health !== undefined)
      expect(seconds.map(({ seq }) => seq)).toEqual([0, 1, 2].slice(0, seconds.length))
      expect(seconds[0]).toMatchObject({ t0Us, t1Us: t0Us + 1e6 })
      for (const { health } of seconds) expect(health?.rssBytes).toBeGreaterThan(1 << 24)
    }
    await crew.close()
    expect(workerPids()).toHaveLength(0)
  })

  test('of real processes measures a known stall as it was', async () => {
    const { crew, clock, spec, merged } = rig()
    const [rate, seconds, stallSeconds, drainPerSecond] = [500, 3, 0.8, 10_000]
    const settings = { 'linger.ms': 0, 'max.in.flight.requests.per.connection': 500, 'batch.size': 1024 }
    const scripted = {
      latency: [{ share: 1, us: 2000 }],
      stall: { atMs: 1000, forMs: stallSeconds * 1000 },
      drainPerSecond,
    }
    await crew.open([spec({ segments: [stretch('measure', seconds, rate)], settings, scripted })])
    crew.start(clock.nowUs() + 300_000)
    await crew.scheduleDone()
    await crew.finish('producer', clock.nowUs() + 5e6)
    const { counters, histograms } = merged()
    expect(counters).toMatchObject({ sent: rate * seconds, acked: rate * seconds })
    expect(counters['late.backpressure']).toBeUndefined()
    for (const q of [0.9, 0.95, 0.99]) {
      const exactUs = 1e6 * (stallSeconds - (1 - q) * seconds * (1 - rate / drainPerSecond)) + 2000
      // The exact proof runs on virtual time; here the pauses of a real process come on top.
      expect(Math.abs((histograms.get('ack')?.quantileUs(q) ?? 0) / exactUs - 1), `q ${q}`).toBeLessThan(0.05)
    }
  })

  test('spinning wakes up closer to the time than ticking can', async () => {
    const { crew, clock, spec, merged, total } = rig()
    await crew.open([spec({ driver: 'null', pacer: 'spin', segments: [stretch('measure', 1, 330)] })])
    crew.start(clock.nowUs() + 200_000)
    await crew.scheduleDone()
    await crew.finish('producer', clock.nowUs() + 5e6)
    expect(total('sent')).toBe(330)
    expect(merged().histograms.get('slip')?.quantileUs(0.5)).toBeLessThan(500)
  })
})

describe('trouble', () => {
  test('a worker that cannot open its client ends the trial with the reason', async () => {
    const { crew, spec } = rig()
    await expect(crew.open([spec({ driver: 'nope', worker: 'w-7' })])).rejects.toMatchObject({
      code: 'E501',
      message: expect.stringMatching(/w-7.*no driver named nope/),
    })
  })

  test('a worker that is killed ends the trial, and its name and signal are told', async () => {
    const { crew, clock, spec } = rig()
    await crew.open([spec({ driver: 'null', worker: 'w-3', segments: [stretch('measure', 30, 10)] })])
    crew.start(clock.nowUs())
    process.kill(workerPids()[0] ?? 0, 'SIGKILL')
    await expect(Promise.race([crew.scheduleDone(), crew.failed])).rejects.toMatchObject({
      code: 'E501',
      message: 'worker w-3 ended by SIGKILL',
    })
  })

  test('a worker that a fault kills is waited for no more, and what it told before stays', async () => {
    const { crew, clock, spec, total } = rig()
    const segments = [stretch('measure', 2, 100)]
    await crew.open([0, 1].map(stripe => spec({ driver: 'null', worker: `w-${stripe}`, stripe, stripes: 2, segments })))
    crew.start(clock.nowUs())
    await crew.kill('w-1')
    expect(crew.workers().map(one => one.spec.worker)).toEqual(['w-0'])
    expect(workerPids()).toHaveLength(1)
    await Promise.race([crew.scheduleDone(), crew.failed])
    await crew.finish('producer', clock.nowUs() + 5e6)
    expect(total('acked')).toBe(100)
    await expect(crew.kill('w-1')).rejects.toThrow('no worker w-1 runs')
  })

  test('cores that do not exist are refused, not ignored', async () => {
    const { crew, spec } = rig({ cpuset: '999' })
    await expect(crew.open([spec({ driver: 'null' })])).rejects.toMatchObject({ code: 'E204' })
  })

  test('all threads of a worker run on the cores it was given', async () => {
    const { crew, spec } = rig({ cpuset: '0' })
    await crew.open([spec({ driver: 'null' })])
    const pid = workerPids()[0]
    const allowed = readdirSync(`/proc/${pid}/task`).map(
      task => /Cpus_allowed_list:\t(.*)/.exec(readFileSync(`/proc/${pid}/task/${task}/status`, 'utf8'))?.[1],
    )
    expect(allowed.length).toBeGreaterThan(1)
    expect(new Set(allowed)).toEqual(new Set(['0']))
  })

  test('workers start as their driver says, and what the user has set for them stands', async () => {
    const startedAs = async (driver: string, environment: NodeJS.ProcessEnv = {}) => {
      const { crew, spec } = rig({ environment })
      const opening = crew.open([spec({ driver, bootstrap: ['127.0.0.1:1'] })])
      const [options = '', variables = ''] = ['cmdline', 'environ'].map(name =>
        readFileSync(`/proc/${workerPids()[0]}/${name}`, 'utf8'),
      )
      // Nobody listens there.
      await opening.catch(() => undefined)
      await crew.close()
      const tunables = variables.split('\0').find(variable => variable.startsWith('GLIBC_TUNABLES='))
      return [options.includes('--single-threaded-gc'), tunables?.slice('GLIBC_TUNABLES='.length)]
    }
    expect(await startedAs('wire')).toEqual([true, 'glibc.malloc.hugetlb=1'])
    expect(await startedAs('wire', { GLIBC_TUNABLES: 'glibc.malloc.check=0' })).toEqual([true, 'glibc.malloc.check=0'])
    expect(await startedAs('null')).toEqual([false, undefined])
  })

  test('closing ends workers that never started', async () => {
    const { crew, spec } = rig()
    await crew.open([spec({ driver: 'null' })])
    await crew.close()
    expect(workerPids()).toHaveLength(0)
  })
})
