// Reads a recording back: whole, or salvaged up to a torn tail, and refuses anything else that is not as it was written.
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { inflateSync } from 'node:zlib'
import { HarnessError } from '../core/errors.ts'
import { LatencyHistogram } from '../stats/histogram.ts'
import type { AckGap } from '../stats/recovery.ts'
import {
  type EventBody,
  FORMAT,
  type IntervalBody,
  type Manifest,
  type SampleBody,
  type TrialRecord,
} from './format.ts'
import { readGaps } from './gaps.ts'
import { decodeLines } from './lines.ts'
import { openSealed, parseJson } from './sealed.ts'

/** Largest histogram a file may hold, inflated. */
const MAX_HISTOGRAM_BYTES = 4 * 1024 * 1024

export type RecordedTrial = {
  number: number
  /** Absent where the run ended before the trial was sealed. */
  record?: TrialRecord
  intervals: IntervalBody[]
  events: EventBody[]
  samples: SampleBody[]
  /** Times without acknowledgements, of trials with faults; `lanes` counts producers × partitions. */
  acks?: { gaps: AckGap[]; lanes: number }
  tornBytes: number
}

export type Recording = { directory: string; manifest: Manifest; trials: RecordedTrial[]; finished: boolean }

/** Unpacks a histogram kept on disk. */
export function unpackHistogram(text: string): LatencyHistogram {
  return LatencyHistogram.decode(inflateSync(Buffer.from(text, 'base64'), { maxOutputLength: MAX_HISTOGRAM_BYTES }))
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}

async function readLines<T>(path: string): Promise<{ bodies: T[]; tornBytes: number }> {
  if (!(await exists(path))) return { bodies: [], tornBytes: 0 }
  return decodeLines<T>(await readFile(path), path)
}

async function readTrial(directory: string, name: string): Promise<RecordedTrial> {
  const at = (file: string) => join(directory, name, file)
  const intervals = await readLines<IntervalBody>(at('intervals.ndjson'))
  const events = await readLines<EventBody>(at('events.ndjson'))
  const samples = await readLines<SampleBody>(at('samples.ndjson'))
  const path = at('trial.json')
  const record = (await exists(path)) ? openSealed<TrialRecord>(await readFile(path), path) : undefined
  if (record) {
    const found = { intervals, events, samples }
    for (const kind of ['intervals', 'events', 'samples'] as const) {
      const sealed = record.lines[kind]
      const there = found[kind].bodies.length
      if (sealed !== there) {
        const message = `sealed with ${sealed} ${kind}, ${there} are there`
        throw new HarnessError({ code: 'E601', message, place: { file: at(`${kind}.ndjson`) } })
      }
    }
  }
  const hasFaults = events.bodies.some(event => event.name.startsWith('fault.'))
  const acks = hasFaults ? await readGaps(at('ledger')) : undefined
  const tornBytes = intervals.tornBytes + events.tornBytes + samples.tornBytes
  return {
    number: Number(name),
    intervals: intervals.bodies,
    events: events.bodies,
    samples: samples.bodies,
    tornBytes,
    ...(acks ? { acks } : {}),
    ...(record ? { record } : {}),
  }
}

async function readManifest(directory: string): Promise<Manifest> {
  const path = join(directory, 'manifest.json')
  if (!(await exists(path))) {
    throw new HarnessError({
      code: 'E603',
      message: `${directory} has no manifest.json`,
      hint: 'name the folder of a run, such as reports/quickstart/20260101-120000-ab12',
    })
  }
  const bytes = await readFile(path)
  const { format } = parseJson<{ format?: { name?: unknown; version?: unknown } } | null>(bytes, path) ?? {}
  if (format?.name !== FORMAT.name || !Number.isInteger(format.version))
    throw new HarnessError({ code: 'E603', message: 'manifest.json is not of this tool', place: { file: path } })
  if (Number(format.version) > FORMAT.version) {
    throw new HarnessError({
      code: 'E603',
      message: `recording format ${String(format.version)}, this version reads up to ${FORMAT.version}`,
      place: { file: path },
      hint: 'use a newer kafka-gauntlet',
    })
  }
  return openSealed<Manifest>(bytes, path)
}

/** Reads a run's directory. */
export async function readRecording(directory: string): Promise<Recording> {
  const manifest = await readManifest(directory)
  const trialsDirectory = join(directory, 'trials')
  const names = (await exists(trialsDirectory))
    ? (await readdir(trialsDirectory)).filter(name => /^\d+$/.test(name)).sort((a, b) => Number(a) - Number(b))
    : []
  const trials: RecordedTrial[] = []
  for (const name of names) trials.push(await readTrial(trialsDirectory, name))
  return { directory, manifest, trials, finished: await exists(join(directory, 'result.json')) }
}
