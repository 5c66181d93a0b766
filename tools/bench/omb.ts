// npm run bench:omb: what both ends of OpenMessaging Benchmark's shape cost in client CPU, with everything recorded and verified, beside a bare writer and a bare reader of the same load and, where a folder of its jars is given, that benchmark itself, alternately, on one broker.
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import type { Analysis } from '../../src/analysis/analysis.ts'
import type { StartedCluster } from '../../src/cluster/cluster.ts'
import { withCluster, withTopic } from './broker.ts'
import { runBare } from './client-run.ts'
import { type PeerWindow, runPeer } from './omb-peer.ts'
import { runOn, showSpread, spread } from './support.ts'

const FILE = new URL('../../scenarios/omb-1-topic-6-partitions-1kb.yaml', import.meta.url)
/** What the scenario asks for, as bare loops are told. */
const SHAPE = { perSecond: 20_000, warmupSeconds: 5, valueBytes: 1024, partitions: 6 }
/** Of a record without key and headers in a batch. */
const FRAMING_BYTES = 10
/** Cores of workers, and of bare loops as well. */
const CPUSET = '1'
const BATCHES = 'linger.ms: 5ms, batch.size: 64KiB'
/** CPU-s per million records, both ends together. */
const GOAL = 6
/** As far as the bare writer's number of requests may lie from ours. */
const REQUESTS_NEAR = 0.1
const { positionals, values: options } = parseArgs({ allowPositionals: true, options: { peer: { type: 'string' } } })
const [rounds = 3, seconds = 20, lingerMs = 5, batchKiB = 64] = positionals.map(Number)

/** CPU-s per million records of the measure phase. */
type Window = { writer: number; reader: number; requestsPerSecond: number }
type Ours = Window & { p50Us: number; p99Us: number }
type Told = { records: number; cpuSeconds: number; requestsPerSecond: number }

function scenario(): string {
  const text = readFileSync(FILE, 'utf8')
  const batches = `linger.ms: ${lingerMs}ms, batch.size: ${batchKiB}KiB`
  const asked = text.replace('phase: steady, for: 60s', `phase: steady, for: ${seconds}s`).replace(BATCHES, batches)
  if (
    ![`steady, for: ${seconds}s, rate: 20k/s`, batches, `workers: { cpuset: "${CPUSET}" }`].every(part =>
      asked.includes(part),
    )
  )
    throw new Error('the scenario has another load now')
  return asked
}

const both = ({ writer, reader }: Window): number => writer + reader

async function ours(cluster: StartedCluster): Promise<Ours> {
  return windowOf(await runOn(cluster, scenario()))
}

function windowOf(analysis: Analysis): Ours {
  const trial = analysis.cells[0]?.trials[0]
  if (!trial) throw new Error('the trial is not complete')
  const { measures, accounting, generator } = trial
  const stored = SHAPE.perSecond * (SHAPE.warmupSeconds + seconds)
  const counts = [accounting.acked, accounting.stored, accounting.verified ?? 0]
  if (accounting.errors > 0 || accounting.unverified > 0 || counts.some(count => count !== stored))
    throw new Error(`no number: ${stored} scheduled, ${JSON.stringify(accounting)}`)
  const cpuOf = (role: 'producer' | 'consumer'): number =>
    generator.reduce((sum, worker) => sum + (worker.role === role ? worker.cpuCoresAvg : 0), 0) * seconds
  const perMillion = measures.acked / 1e6
  const { p50 = Number.NaN, p99 = Number.NaN } = measures.latencies.e2e?.quantiles ?? {}
  return {
    writer: cpuOf('producer') / perMillion,
    reader: cpuOf('consumer') / perMillion,
    requestsPerSecond: measures.requests / seconds,
    ...{ p50Us: p50, p99Us: p99 },
  }
}

/** The bare loop holds one batch open at a time, so that it is as large as what we put into a request: a full one and what else was waiting, as Java does. */
function bareBytes(own: readonly Ours[]): number {
  const requestsPerSecond = own.at(-1)?.requestsPerSecond ?? Number.POSITIVE_INFINITY
  const perRequest = (SHAPE.perSecond / requestsPerSecond) * (SHAPE.valueBytes + FRAMING_BYTES)
  return Math.max(batchKiB * 1024, Math.round(perRequest))
}

async function bare(cluster: StartedCluster, batchBytes: number): Promise<Window> {
  const { perSecond, warmupSeconds, valueBytes, partitions } = SHAPE
  const warm = perSecond * warmupSeconds
  const measured = perSecond * seconds
  const run = async (program: URL, args: readonly (string | number)[]): Promise<Told> => {
    const told = await runBare<Told>(program, args, CPUSET)
    if (told.records !== warm + measured) throw new Error(`no number: ${program.pathname} counted ${told.records}`)
    return told
  }
  return withTopic(cluster, `bare-${Date.now()}`, partitions, async topic => {
    const address = cluster.bootstrap[0] ?? ''
    const sending = [perSecond, warmupSeconds, seconds, valueBytes, lingerMs, batchBytes, partitions]
    const [writer, reader] = await Promise.all([
      run(new URL('./bare-sender.ts', import.meta.url), ['tick', address, topic, ...sending]),
      run(new URL('./bare-reader.ts', import.meta.url), [address, topic, partitions, warm, warm + measured]),
    ])
    const perMillion = measured / 1e6
    return {
      writer: writer.cpuSeconds / perMillion,
      reader: reader.cpuSeconds / perMillion,
      requestsPerSecond: writer.requestsPerSecond,
    }
  })
}

function show(name: string, windows: readonly Window[]): void {
  const of = (read: (window: Window) => number, digits = 2): string => showSpread(windows.map(read), digits)
  const requests = of(({ requestsPerSecond }) => requestsPerSecond, 0)
  console.log(
    `${name} CPU-s/M writer ${of(({ writer }) => writer)} · reader ${of(({ reader }) => reader)} · both ${of(both)} · ${requests} requests/s`,
  )
}

/** True where the goal is met. */
function report(own: readonly Ours[], bares: readonly Window[], peers: readonly PeerWindow[]): boolean {
  const ratios = (read: (window: Window) => number): number[] =>
    own.map((window, i) => read(window) / read(bares[i] as Window))
  const requests = spread(ratios(({ requestsPerSecond }) => requestsPerSecond)).median
  console.log(
    `\n${rounds} rounds of ${seconds} s, linger.ms ${lingerMs}, batch.size ${batchKiB} KiB (min – median – max)`,
  )
  show('ours', own)
  show('bare', bares)
  console.log(
    `ours ÷ bare: writer ${showSpread(ratios(({ writer }) => writer))} · reader ${showSpread(ratios(({ reader }) => reader))} · both ${showSpread(ratios(both))}`,
  )
  const times = (read: (window: Ours) => number): string => showSpread(own.map(read), 0)
  console.log(`end to end: p50 ${times(({ p50Us }) => p50Us)} µs · p99 ${times(({ p99Us }) => p99Us)} µs`)
  const isAlike = Math.abs(requests - 1) <= REQUESTS_NEAR
  console.log(
    `goal: both ends ≤ ${GOAL} CPU-s per million${isAlike ? '' : '; NOT alike: the bare writer sends another number of requests'}`,
  )
  if (peers.length > 0) reportPeer(own, peers)
  return isAlike && spread(own.map(both)).median <= GOAL
}

function reportPeer(own: readonly Ours[], peers: readonly PeerWindow[]): void {
  const of = (read: (window: PeerWindow) => number, digits: number): string => showSpread(peers.map(read), digits)
  const ratios = own.map((window, i) => both(window) / (peers[i] as PeerWindow).cpuPerMillion)
  console.log(
    `OpenMessaging Benchmark CPU-s/M both ${of(peer => peer.cpuPerMillion, 2)}, with its start and warm-up ${of(peer => peer.wholePerMillion, 2)} · end to end p50 ${of(peer => peer.latencyMs.p50, 1)} ms · p99 ${of(peer => peer.latencyMs.p99, 1)} ms`,
  )
  console.log(`ours ÷ OpenMessaging Benchmark, both after their warm-ups: ${showSpread(ratios)}`)
}

await withCluster(scenario(), async cluster => {
  const own: Ours[] = []
  const bares: Window[] = []
  const peers: PeerWindow[] = []
  for (let round = 0; round < rounds; round++) {
    if (round % 2 === 0) own.push(await ours(cluster))
    bares.push(await bare(cluster, bareBytes(own)))
    if (options.peer) peers.push(await runPeer(cluster, { ...SHAPE, jars: options.peer, lingerMs, batchKiB }))
    if (round % 2 === 1) own.push(await ours(cluster))
    const [mine, theirs] = [own.at(-1) as Ours, bares.at(-1) as Window]
    console.log(
      `round ${round + 1}: CPU-s/M ours ${mine.writer.toFixed(2)} + ${mine.reader.toFixed(2)} = ${both(mine).toFixed(2)}, bare ${theirs.writer.toFixed(2)} + ${theirs.reader.toFixed(2)} = ${both(theirs).toFixed(2)}${options.peer ? `, OpenMessaging Benchmark ${peers.at(-1)?.cpuPerMillion.toFixed(2)}` : ''}`,
    )
  }
  process.exitCode = report(own, bares, peers) ? 0 : 1
})
