// Writes a recording so that whatever was reported as stored survives a crash: append, group fsync, seal by rename, result last.
import { type FileHandle, mkdir, open, rename } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { deflateSync } from 'node:zlib'
import { HarnessError, messageOf } from '../core/errors.ts'
import type { EventBody, IntervalBody, Manifest, ResultRecord, SampleBody, TrialRecord } from './format.ts'
import { encodeLine } from './lines.ts'
import { groupDirectory, ledgerDirectory, trialDirectory } from './places.ts'
import { sealJson } from './sealed.ts'

/** Longest time a line waits for its fsync. */
const SYNC_EVERY_MS = 500

/** Writes a file whole: temporary name, fsync, rename, fsync of the directory. */
export async function writeSealed(path: string, text: string): Promise<void> {
  const temporary = `${path}.tmp`
  const file = await open(temporary, 'w')
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(temporary, path)
  const directory = await open(dirname(path), 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}

/** Deflates V2 histogram bytes into the form kept on disk. */
export function packHistogram(bytes: Uint8Array): string {
  return deflateSync(bytes).toString('base64')
}

class LineFile {
  lines = 0
  private readonly file: FileHandle
  private queue: string[] = []
  private writing: Promise<void> = Promise.resolve()
  private timer: NodeJS.Timeout | undefined
  private failure: HarnessError | undefined

  constructor(file: FileHandle) {
    this.file = file
  }

  append(body: unknown): void {
    this.queue.push(encodeLine(body))
    this.lines++
    this.timer ??= setTimeout(() => {
      this.timer = undefined
      void this.flush().catch(() => undefined) // kept in `failure`, thrown by the next flush that is awaited
    }, SYNC_EVERY_MS)
  }

  /** Writes and syncs what waits; throws what went wrong since the last call. */
  flush(): Promise<void> {
    this.writing = this.writing.then(async () => {
      if (this.failure !== undefined) throw this.failure
      if (this.queue.length === 0) return
      const text = this.queue.join('')
      this.queue = []
      try {
        await this.file.appendFile(text)
        await this.file.datasync()
      } catch (error) {
        this.failure = new HarnessError({
          code: 'E310',
          message: `cannot write the recording: ${messageOf(error)}`,
          hint: 'free disk space or choose another folder with --out',
        })
        throw this.failure
      }
    })
    return this.writing
  }

  async close(): Promise<void> {
    clearTimeout(this.timer)
    try {
      await this.flush()
    } finally {
      await this.file.close()
    }
  }
}

/** One trial while it runs. */
export class TrialWriter {
  private readonly directory: string
  private readonly intervals: LineFile
  private readonly events: LineFile
  private readonly samples: LineFile

  private constructor(directory: string, files: [LineFile, LineFile, LineFile]) {
    this.directory = directory
    ;[this.intervals, this.events, this.samples] = files
  }

  static async open(runDirectory: string, number: number): Promise<TrialWriter> {
    const directory = trialDirectory(runDirectory, number)
    await mkdir(ledgerDirectory(runDirectory, number), { recursive: true })
    await mkdir(groupDirectory(runDirectory, number), { recursive: true })
    const file = async (name: string) => new LineFile(await open(join(directory, name), 'a'))
    return new TrialWriter(directory, [
      await file('intervals.ndjson'),
      await file('events.ndjson'),
      await file('samples.ndjson'),
    ])
  }

  interval(body: IntervalBody): void {
    this.intervals.append(body)
  }

  event(body: EventBody): void {
    this.events.append(body)
  }

  sample(body: SampleBody): void {
    this.samples.append(body)
  }

  /** Closes the trial's files, then writes trial.json: from then on the trial stands. */
  async seal(record: Omit<TrialRecord, 'lines'>): Promise<TrialRecord> {
    for (const file of [this.intervals, this.events, this.samples]) await file.close()
    const sealed: TrialRecord = {
      ...record,
      lines: { intervals: this.intervals.lines, events: this.events.lines, samples: this.samples.lines },
    }
    await writeSealed(join(this.directory, 'trial.json'), sealJson(sealed))
    return sealed
  }
}

/** Creates the run's directory and its manifest, before anything else starts. */
export async function createRecording(directory: string, manifest: Manifest): Promise<void> {
  try {
    await mkdir(join(directory, 'trials'), { recursive: true })
    await writeSealed(join(directory, 'manifest.json'), sealJson(manifest))
  } catch (error) {
    throw new HarnessError(
      {
        code: 'E310',
        message: `cannot write to ${directory}: ${messageOf(error)}`,
        hint: 'choose another folder with --out',
      },
      { cause: error },
    )
  }
}

/** Writes result.json, the last file of a run. */
export async function writeResult<A>(directory: string, result: ResultRecord<A>): Promise<void> {
  await writeSealed(join(directory, 'result.json'), `${JSON.stringify(result, null, 1)}\n`)
}
