// A bare open loop over one socket: what is due goes into a batch encoded beforehand, copied and stamped, and is sent when its linger is over; nothing is kept but how late records were handed over.
import { LatencyStage } from '../../src/load/latency-stage.ts'
import { BATCH } from '../../src/protocol/batch.ts'
import { writeInt64 } from '../../src/protocol/bytes.ts'
import { Connection } from '../../src/protocol/connection.ts'
import { crc32c } from '../../src/protocol/crc32c.ts'
import { produceV7 } from '../../src/protocol/requests/produce.ts'
import { ENVELOPE_AT } from '../../src/record/envelope.ts'
import { LatencyHistogram } from '../../src/stats/histogram.ts'
import { preparedBatch, SEQUENCE_AT } from './bare-batch.ts'

const [kind = 'tick', address = '', topic = '', ...numbers] = process.argv.slice(2)
const [perSecond = 0, warmupSeconds = 0, seconds = 0, valueBytes = 0, lingerMs = 0, batchBytes = 0, partitions = 1] =
  numbers.map(Number)
/** Linger ends a batch long before; only a stall of the machine fills one. */
const MOST_BYTES = Math.min(batchBytes, 256 * 1024)
const IN_FLIGHT = 5
const TWO_POW_32 = 4_294_967_296
/** Behind a value stands one byte: no headers. */
const NO_HEADERS_BYTES = 1

const { bytes: made, valueAt } = preparedBatch(valueBytes, MOST_BYTES)
const [host = '', port] = address.split(':')
const connection = await Connection.open({ host, port: Number(port), clientId: 'bare', maxInFlight: IN_FLIGHT })
const slips = new LatencyStage()
const spare: Buffer[] = []
const sequences = new Array<number>(partitions).fill(0)
const startMs = performance.now() + 100
const startUs = Date.now() * 1000 + 100_000
const warm = warmupSeconds * perSecond
const total = warm + seconds * perSecond
/** The next record, and the first of the batch that is open since `openedMs`; none is where they are the same. */
let next = 0
let first = 0
let openedMs = 0
let partition = 0
let givenBytes = 0
let acked = 0
let requests = 0
let before = process.cpuUsage()
let cpu: NodeJS.CpuUsage | undefined

const dueMs = (record: number): number => startMs + (record * 1000) / perSecond

/** Hands over what is due, by one look at the clock. */
function handOver(nowMs: number): void {
  for (; next < total && dueMs(next) <= nowMs; next++) {
    if (next === warm) before = process.cpuUsage()
    if (next >= warm) slips.add((nowMs - dueMs(next)) * 1000, 1)
    if (next === first) openedMs = nowMs
    else if (next - first === valueAt.length) send(nowMs)
  }
}

/** The bytes of the open batch, in a buffer that no request holds any more. */
function stamped(count: number): Buffer {
  const sizeBytes = (valueAt[count - 1] as number) + valueBytes + NO_HEADERS_BYTES
  const batch = spare.pop() ?? Buffer.allocUnsafeSlow(made.length)
  made.copy(batch, 0, 0, sizeBytes)
  const view = new DataView(batch.buffer)
  const sequence = sequences[partition] as number
  for (let i = 0; i < count; i++) {
    const at = valueAt[i] as number
    const intendedUs = startUs + ((first + i) * 1e6) / perSecond
    view.setUint32(at + SEQUENCE_AT, sequence + i)
    const high = Math.floor(intendedUs / TWO_POW_32)
    view.setUint32(at + ENVELOPE_AT.intendedUs, high)
    view.setUint32(at + ENVELOPE_AT.intendedUs + 4, intendedUs - high * TWO_POW_32)
  }
  sequences[partition] = sequence + count
  view.setInt32(BATCH.length, sizeBytes - BATCH.leaderEpoch)
  view.setInt32(BATCH.lastOffsetDelta, count - 1)
  view.setInt32(BATCH.count, count)
  writeInt64(batch, Date.now(), BATCH.baseTimestamp)
  view.setUint32(BATCH.crc, crc32c(batch.subarray(BATCH.crcFrom, sizeBytes)))
  return batch.subarray(0, sizeBytes)
}

function send(nowMs: number): void {
  const count = next - first
  const records = stamped(count)
  const topics = [{ name: topic, partitions: [{ partition, records }] }]
  connection.send(
    produceV7,
    { transactionalId: null, acks: -1, timeoutMs: 30_000, topics },
    (failure, answer) => {
      const code = answer?.topics[0]?.partitions[0]?.errorCode
      if (failure || code !== 0) throw failure ?? new Error(`error code ${code}`)
      acked += count
      step(performance.now())
    },
    () => spare.push(Buffer.from(records.buffer)),
  )
  if (first >= warm) requests++
  givenBytes += records.length
  if (givenBytes >= batchBytes) {
    givenBytes = 0
    partition = (partition + 1) % partitions
  }
  first = next
  openedMs = nowMs
}

/** What fell due while a batch was sent is handed over at once, as our pacer does. */
function step(nowMs: number): void {
  handOver(nowMs)
  if (next === first || nowMs - openedMs < lingerMs) return
  send(nowMs)
  handOver(performance.now())
}

function wake(): void {
  step(performance.now())
  if (next === total) cpu ??= process.cpuUsage(before)
  if (acked === total) tell().catch(fail)
  else if (kind === 'spin' && next < total) setImmediate(wake)
  else setTimeout(wake, 1)
}

async function tell(): Promise<void> {
  await connection.close()
  const histogram = new LatencyHistogram()
  slips.drain((us, count) => histogram.record(us, count))
  const { user = 0, system = 0 } = cpu ?? {}
  console.log(
    JSON.stringify({
      ...{ records: acked, cpuSeconds: (user + system) / 1e6, requestsPerSecond: requests / seconds },
      ...{ p50Us: histogram.quantileUs(0.5), p99Us: histogram.quantileUs(0.99) },
    }),
  )
}

function fail(error: unknown): void {
  console.error(error)
  process.exitCode = 1
}

wake()
