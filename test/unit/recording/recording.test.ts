// What a run wrote is what a report reads: round trips, seals, crashes at every point, and formats of other versions.
import { cp, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { describeEnvironment } from '../../../src/recording/environment.ts'
import type { EventBody, IntervalBody, SampleBody } from '../../../src/recording/format.ts'
import { readRecording, unpackHistogram } from '../../../src/recording/read.ts'
import { sealJson } from '../../../src/recording/sealed.ts'
import { createRecording, packHistogram, TrialWriter, writeResult, writeSealed } from '../../../src/recording/write.ts'
import { LatencyHistogram } from '../../../src/stats/histogram.ts'
import { madeInterval, madeManifest, madeRecord, packed, T0_US } from './made.ts'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gauntlet-recording-'))
})
afterEach(async () => {
  await rm(directory, { recursive: true })
})

const INTERVALS: IntervalBody[] = [0, 1, 2].map(second =>
  madeInterval(second, { counters: { acked: second }, histograms: { ack: packed([second + 1]) } }),
)
const EVENTS: EventBody[] = [
  { kind: 'event', atUs: T0_US, name: 'crew.ready' },
  { kind: 'event', atUs: T0_US + 5, name: 'x', worker: 'w', detail: { a: 1 } },
]
const SAMPLES: SampleBody[] = [{ kind: 'node', atUs: T0_US, node: 'broker-1', cpuSeconds: 1.5, memoryBytes: 7 }]

async function writeTrial(number = 1, seal = true): Promise<string> {
  const writer = await TrialWriter.open(directory, number)
  for (const body of INTERVALS) writer.interval(body)
  for (const body of EVENTS) writer.event(body)
  for (const body of SAMPLES) writer.sample(body)
  const trial = join(directory, 'trials', String(number).padStart(3, '0'))
  await writer.seal(madeRecord({ number }))
  if (!seal) await rm(join(trial, 'trial.json'))
  return trial
}

const refusal = (code: string, place?: object) =>
  expect.objectContaining({
    code,
    ...(place ? { problems: [expect.objectContaining({ place: expect.objectContaining(place) })] } : {}),
  })

describe('a recording', () => {
  test('comes back as it was written, trial by trial', async () => {
    const manifest = madeManifest({ repeat: 2 })
    await createRecording(directory, manifest)
    await writeTrial(1)
    await writeTrial(2)
    const recording = await readRecording(directory)
    expect(recording.manifest).toEqual(manifest)
    expect(recording.finished).toBe(false)
    expect(recording.trials).toEqual(
      [1, 2].map(number => ({
        number,
        record: { ...madeRecord({ number }), lines: { intervals: 3, events: 2, samples: 1 } },
        intervals: INTERVALS,
        events: EVENTS,
        samples: SAMPLES,
        tornBytes: 0,
      })),
    )
  })

  test('is finished once its result stands', async () => {
    await createRecording(directory, madeManifest())
    await writeResult(directory, {
      format: { name: 'kafka-gauntlet-recording', version: 1 },
      runId: 'r',
      finishedAt: 'now',
      state: 'complete',
      verdict: 'pass',
      exitCode: 0,
      causes: [],
      runCauses: [],
      analysis: {},
    })
    expect((await readRecording(directory)).finished).toBe(true)
    expect(JSON.parse(await readFile(join(directory, 'result.json'), 'utf8'))).toMatchObject({ verdict: 'pass' })
  })

  test('trials come in the order of their numbers, beyond three digits too', async () => {
    await createRecording(directory, madeManifest())
    for (const number of [1000, 999, 2]) await writeTrial(number)
    expect((await readRecording(directory)).trials.map(({ number }) => number)).toEqual([2, 999, 1000])
  })

  test('histograms come back through deflate and base64', () => {
    const histogram = new LatencyHistogram()
    for (const us of [1, 500, 70_000]) histogram.record(us, 3)
    expect(unpackHistogram(packHistogram(histogram.encode())).encode().subarray(40)).toEqual(
      histogram.encode().subarray(40),
    )
  })

  test('a histogram that inflates beyond all measure is refused', () => {
    expect(() => unpackHistogram(packHistogram(new Uint8Array(8 * 1024 * 1024)))).toThrow()
  })
})

describe('a crash', () => {
  test('at any byte of the intervals leaves what was whole, and says how much was torn', async () => {
    await createRecording(directory, madeManifest())
    const trial = await writeTrial(1, false)
    const file = join(trial, 'intervals.ndjson')
    const whole = await readFile(file)
    for (let length = whole.length; length >= 0; length -= 7) {
      await truncate(file, length)
      const [read] = (await readRecording(directory)).trials
      const lines = whole.subarray(0, length).toString().split('\n')
      expect(read?.intervals).toEqual(INTERVALS.slice(0, lines.length - 1))
      expect(read?.tornBytes).toBe(Buffer.byteLength(lines.at(-1) as string))
      expect(read?.record).toBeUndefined()
    }
  })

  test('before any line was written leaves an empty trial', async () => {
    await createRecording(directory, madeManifest())
    const writer = await TrialWriter.open(directory, 1)
    expect((await readRecording(directory)).trials).toEqual([
      { number: 1, intervals: [], events: [], samples: [], tornBytes: 0 },
    ])
    await writer.seal(madeRecord())
  })

  test('while a sealed file was being written leaves no half of it', async () => {
    await createRecording(directory, madeManifest())
    const trial = await writeTrial(1, false)
    await writeFile(join(trial, 'trial.json.tmp'), '{"half')
    expect((await readRecording(directory)).trials[0]?.record).toBeUndefined()
  })
})

describe('harm after the seal', () => {
  test.each(['intervals', 'events', 'samples'])(
    '%s cut at any line is refused: the seal knows how many there were',
    async kind => {
      await createRecording(directory, madeManifest())
      const file = join(await writeTrial(), `${kind}.ndjson`)
      const whole = await readFile(file)
      for (let at = whole.lastIndexOf(10, whole.length - 2); ; at = whole.lastIndexOf(10, at - 1)) {
        await truncate(file, at + 1)
        await expect(readRecording(directory)).rejects.toThrow(refusal('E601', { file }))
        if (at < 0) break
      }
      await rm(file)
      await expect(readRecording(directory)).rejects.toThrow(refusal('E601'))
    },
  )

  test('a torn tail is refused too, since a seal comes after every line', async () => {
    await createRecording(directory, madeManifest())
    const file = join(await writeTrial(), 'intervals.ndjson')
    await truncate(file, (await readFile(file)).length - 1)
    await expect(readRecording(directory)).rejects.toThrow(refusal('E601', { file }))
  })

  test('a changed number in trial.json or manifest.json is refused', async () => {
    await createRecording(directory, madeManifest())
    const trial = await writeTrial()
    for (const [file, from, to] of [
      [join(trial, 'trial.json'), '501', '401'],
      [join(directory, 'manifest.json'), '"seed": 1', '"seed": 2'],
    ] as const) {
      const text = await readFile(file, 'utf8')
      expect(text).toContain(from)
      await writeFile(file, text.replace(from, to))
      await expect(readRecording(directory)).rejects.toThrow(refusal('E601', { file }))
      await writeFile(file, text)
    }
    await readRecording(directory)
  })
})

describe('what is not a recording of ours', () => {
  const manifestOf = (change: object): string => sealJson({ ...madeManifest(), ...change })

  test.each<[string, string, string]>([
    ['a newer format', manifestOf({ format: { name: 'kafka-gauntlet-recording', version: 2 } }), 'E603'],
    ['another tool’s file', sealJson({ format: { name: 'other', version: 1 } }), 'E603'],
    ['no format at all', sealJson({ a: 1 }), 'E603'],
    [
      'a version that is no number',
      manifestOf({ format: { name: 'kafka-gauntlet-recording', version: 'one' } }),
      'E603',
    ],
    ['a list', '[]', 'E603'],
    ['null', 'null', 'E603'],
    ['text', 'hello', 'E601'],
    ['nothing', '', 'E601'],
  ])('%s is %s', async (_, text, code) => {
    await writeFile(join(directory, 'manifest.json'), text)
    await expect(readRecording(directory)).rejects.toThrow(refusal(text === '' ? 'E601' : code))
  })

  test('a newer format says which version it is', async () => {
    await writeFile(
      join(directory, 'manifest.json'),
      manifestOf({ format: { name: 'kafka-gauntlet-recording', version: 7 } }),
    )
    await expect(readRecording(directory)).rejects.toThrow(/format 7, this version reads up to 1/)
  })

  test('an empty folder, or none', async () => {
    await expect(readRecording(directory)).rejects.toThrow(refusal('E603'))
    await expect(readRecording(join(directory, 'none'))).rejects.toThrow(refusal('E603'))
  })

  test('folders that are no trials are passed over', async () => {
    await createRecording(directory, madeManifest())
    await writeTrial(1)
    await cp(join(directory, 'trials', '001'), join(directory, 'trials', 'notes'), { recursive: true })
    expect((await readRecording(directory)).trials).toHaveLength(1)
  })
})

describe('writing', () => {
  test('a file is there whole or not at all', async () => {
    const path = join(directory, 'x.json')
    await writeSealed(path, 'one')
    await writeSealed(path, 'two')
    expect(await readFile(path, 'utf8')).toBe('two')
    await expect(readFile(`${path}.tmp`)).rejects.toThrow(/ENOENT/)
  })

  test('a place that cannot be written is an environment error with a way out', async () => {
    await writeFile(join(directory, 'file'), '')
    await expect(createRecording(join(directory, 'file', 'run'), madeManifest())).rejects.toMatchObject({
      code: 'E310',
      exitCode: 4,
    })
  })

  test('lines are on disk within a second without being asked, so that a crash loses no more', async () => {
    await createRecording(directory, madeManifest())
    const writer = await TrialWriter.open(directory, 1)
    for (const body of INTERVALS) writer.interval(body)
    await expect
      .poll(async () => (await readRecording(directory)).trials[0]?.intervals.length, { timeout: 1000, interval: 50 })
      .toBe(3)
    await writer.seal(madeRecord())
  })
})

describe('the environment', () => {
  test('has a fingerprint that is the same twice, whatever Docker or Java say', () => {
    const plain = describeEnvironment()
    expect(plain.fingerprint).toMatch(/^[0-9a-f]{16}$/)
    expect(describeEnvironment({ docker: '29', java: '17' })).toEqual({ ...plain, docker: '29', java: '17' })
    expect(plain).toMatchObject({ node: process.version, platform: `${process.platform}-${process.arch}` })
    expect(plain.cores).toBeGreaterThan(0)
  })
})
