// What verification costs: a simulated log of 100 producers × 100 partitions is read plainly and with every record verified, then judged.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BATCH, BatchReader } from '../../src/protocol/batch.ts'
import { Writer, writeInt64 } from '../../src/protocol/bytes.ts'
import { crc32c } from '../../src/protocol/crc32c.ts'
import { RecordReader } from '../../src/protocol/records.ts'
import { ENVELOPE_BYTES, writeEnvelope } from '../../src/record/envelope.ts'
import { Ledger } from '../../src/recording/ledger.ts'
import { ledgerDirectory, ledgerPath, truthDirectory, truthPath } from '../../src/recording/places.ts'
import { TruthWriter } from '../../src/recording/truth.ts'
import { TruthWalk } from '../../src/run/truth-walk.ts'
import { openHistory } from '../../src/run/verify.ts'
import { verifyHistory } from '../../src/verify/verify.ts'

const RUN = 7
const VALUE_BYTES = 100
const BATCH_RECORDS = 100
const BATCHES_PER_FETCH = 100
const T0_US = 1_790_000_000_000_000
const number = (name: string, otherwise: number): number => Number(process.env[name] ?? otherwise)
const producers = number('BENCH_PRODUCERS', 100)
const partitions = number('BENCH_PARTITIONS', 100)
const records = number('BENCH_RECORDS', 10_000_000)

/** One batch of records in place; sequence, producer, partition and offset are stamped into it before each use. */
class Log {
  private readonly template: Buffer
  private readonly valueAt: number[] = []
  readonly set: Buffer

  constructor() {
    const writer = new Writer()
    writer.raw(Buffer.alloc(BATCH.records))
    for (let i = 0; i < BATCH_RECORDS; i++) {
      const record = new Writer()
      record.int8(0)
      record.varlong(0)
      record.varint(i)
      record.varint(-1)
      record.varint(VALUE_BYTES)
      record.raw(Buffer.alloc(VALUE_BYTES, 'v'))
      record.varint(0)
      writer.varint(record.sizeBytes)
      writer.raw(record.toBuffer())
      this.valueAt.push(writer.sizeBytes - VALUE_BYTES - 1)
    }
    this.template = writer.toBuffer()
    const { template } = this
    template.writeInt32BE(template.length - BATCH.leaderEpoch, BATCH.length)
    template.writeInt32BE(3, BATCH.leaderEpoch)
    template.writeUInt8(2, BATCH.magic)
    template.writeInt32BE(BATCH_RECORDS - 1, BATCH.lastOffsetDelta)
    writeInt64(template, -1, BATCH.producerId)
    template.writeInt32BE(BATCH_RECORDS, BATCH.count)
    for (const at of this.valueAt)
      writeEnvelope(template, at, {
        flags: 0,
        run: RUN,
        producer: 0,
        topic: 0,
        partition: 0,
        sequence: 0,
        intendedUs: T0_US,
      })
    this.set = Buffer.concat(Array.from({ length: BATCHES_PER_FETCH }, () => template))
  }

  /** Makes the next fetch of a partition; producers take turns, batch by batch. */
  stamp(partition: number, firstBatch: number): void {
    const { set, template } = this
    for (let i = 0; i < BATCHES_PER_FETCH; i++) {
      const at = i * template.length
      const turn = firstBatch + i
      writeInt64(set, turn * BATCH_RECORDS, at)
      const sequence = Math.floor(turn / producers) * BATCH_RECORDS
      for (let r = 0; r < BATCH_RECORDS; r++) {
        const value = at + (this.valueAt[r] as number)
        set.writeUInt16BE(turn % producers, value + 8)
        set.writeUInt32BE(partition, value + 12)
        writeInt64(set, sequence + r, value + 16)
      }
      set.writeUInt32BE(crc32c(set.subarray(at + BATCH.crcFrom, at + template.length)), at + BATCH.crc)
    }
  }
}

const cpuSeconds = (): number => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

/** What a consumer does that trusts every envelope: headers, checksums, and every record's place. */
function consumePlainly(set: Buffer): number {
  const batch = new BatchReader().over(set)
  const reader = new RecordReader()
  let count = 0
  while (batch.next()) {
    if (!batch.crcMatches()) throw new Error('checksum')
    reader.over(batch.bytes, batch.recordsAt, batch.end, batch.count)
    while (reader.next()) count += reader.valueBytes >= ENVELOPE_BYTES ? 1 : 0
  }
  return count
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'gauntlet-bench-verify-'))
  try {
    mkdirSync(ledgerDirectory(folder, 1), { recursive: true })
    mkdirSync(truthDirectory(folder, 1), { recursive: true })
    await bench(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function bench(folder: string): Promise<void> {
  const log = new Log()
  const fetches = Math.ceil(records / partitions / BATCHES_PER_FETCH / BATCH_RECORDS)
  const total = fetches * partitions * BATCHES_PER_FETCH * BATCH_RECORDS
  let plain = 0
  let verified = 0
  for (let partition = 0; partition < partitions; partition++) {
    const endOffset = fetches * BATCHES_PER_FETCH * BATCH_RECORDS
    const head = { envelopeRun: RUN, number: 0, partition, beginOffset: 0, endOffset }
    const truth = new TruthWriter(truthPath(folder, 1, 0, partition), head)
    const walk = new TruthWalk({ envelopeRun: RUN, topic: 0, partition, inHeaders: false, isCounted: false }, truth)
    for (let fetch = 0; fetch < fetches; fetch++) {
      const first = fetch * BATCHES_PER_FETCH
      log.stamp(partition, first)
      const t0 = cpuSeconds()
      if (consumePlainly(log.set) !== BATCHES_PER_FETCH * BATCH_RECORDS) throw new Error('records are missing')
      const t1 = cpuSeconds()
      const fetched = {
        ...{ partition, errorCode: 0, highWatermark: endOffset, lastStableOffset: endOffset, logStartOffset: 0 },
        ...{ aborted: [], preferredReplica: -1, records: log.set },
      }
      walk.take(fetched, first * BATCH_RECORDS, endOffset, true)
      await truth.flush()
      const t2 = cpuSeconds()
      plain += t1 - t0
      verified += t2 - t1
    }
    await truth.close(true)
  }
  const readBytes = process.resourceUsage().maxRSS * 1024
  const ledgers = Array.from({ length: producers }, (_, producer) => {
    const path = ledgerPath(folder, 1, `writers-${producer}`)
    return new Ledger({ path, envelopeRun: RUN, producer, topicNumbers: [0] })
  })
  // Producers write to all partitions in turn, so their ledgers go on in time and not partition by partition.
  for (let turn = 0; turn < fetches * BATCHES_PER_FETCH; turn++) {
    for (let partition = 0; partition < partitions; partition++) settle(ledgers, partition, turn)
    if (turn % BATCHES_PER_FETCH === 0) for (const ledger of ledgers) await ledger.flush()
  }
  for (const ledger of ledgers) await ledger.close()
  // In a process of its own, as `judge` runs: the hundred ledgers just written here belong to a hundred workers.
  const child = spawnSync(process.execPath, [import.meta.filename, folder], { encoding: 'utf8' })
  if (child.status !== 0) throw new Error(`judging failed: ${child.stderr}`)
  const judged = JSON.parse(child.stdout) as Judged
  if (judged.findings > 0 || !judged.complete || judged.acked !== total)
    throw new Error(`a clean log was not found clean: ${child.stdout}`)
  const merge = judged.cpuSeconds
  const peakBytes = Math.max(readBytes, judged.peakBytes)
  const mebibytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(0)
  const perMillion = (seconds: number): string => ((seconds / total) * 1e6).toFixed(3)
  const disk = String(spawnSync('du', ['-sh', folder], { encoding: 'utf8' }).stdout).split('\t')[0]
  console.log(
    `${producers} producers × ${partitions} partitions × ${total} records of ${VALUE_BYTES} B in batches of ${BATCH_RECORDS}`,
  )
  console.log(`plain consuming        ${perMillion(plain)} CPU-s per million`)
  console.log(
    `with every envelope    ${perMillion(verified)} CPU-s per million, marginal ${perMillion(verified - plain)}`,
  )
  console.log(`ledger against truth   ${perMillion(merge)} CPU-s per million`)
  console.log(`marginal in all        ${perMillion(verified - plain + merge)} CPU-s per million (bound 0.15)`)
  console.log(
    `peak RSS               ${mebibytes(readBytes)} MiB reading, ${mebibytes(judged.peakBytes)} MiB judging (bound 200), ledgers and truth on disk ${disk}`,
  )
  const isWithin = ((verified - plain + merge) / total) * 1e6 <= 0.15 && peakBytes <= 200 * 2 ** 20
  if (!isWithin) process.exitCode = 1
}

type Judged = { findings: number; complete: boolean; acked: number; cpuSeconds: number; peakBytes: number }

/** Holds the ledgers in a folder against its truth, from disk. */
async function judge(folder: string): Promise<Judged> {
  const before = cpuSeconds()
  const facts = [{ number: 0, partitions, isCompacted: false }]
  const { findings, complete, told } = await verifyHistory(await openHistory(folder, 1, facts))
  const peakBytes = process.resourceUsage().maxRSS * 1024
  return { findings: findings.length, complete, acked: told.acked, cpuSeconds: cpuSeconds() - before, peakBytes }
}

function settle(ledgers: readonly Ledger[], partition: number, turn: number): void {
  const seq = Math.floor(turn / producers) * BATCH_RECORDS
  const atUs = T0_US + turn * 1000
  const times = { first: atUs, last: atUs }
  const batch = {
    ...{ topic: 0, partition, firstSeq: seq, count: BATCH_RECORDS, rawBytes: 11_000, intended: times, offered: times },
    ...{ attempts: 1, ambiguous: false },
  }
  ledgers[turn % producers]?.settled(batch, 'acked', turn * BATCH_RECORDS, atUs + 2000)
}

const [, , folder] = process.argv
if (folder === undefined) await main()
else process.stdout.write(JSON.stringify(await judge(folder)))
