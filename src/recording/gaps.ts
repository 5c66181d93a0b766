// The times in which a producer got no acknowledgement from a partition, out of its ledger, one frame in memory at a time.
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { AckGap } from '../stats/recovery.ts'
import { decodeLedgerRun, LEDGER_RUN_BYTES, type LedgerRun } from './ledger-run.ts'
import { RunFile } from './run-reader.ts'

/** Shorter pauses may hide in one run of a ledger, which spans as much. */
const MIN_GAP_US = 250_000

type Lane = { lastAckUs: number | undefined; unansweredUs: number | undefined }

/** Gaps of all producers of a trial; `toUs` is missing where no acknowledgement came any more. */
export async function readGaps(directory: string): Promise<{ gaps: AckGap[]; lanes: number }> {
  const names = await readdir(directory).catch(() => [])
  const found = await Promise.all(
    names.filter(name => name.endsWith('.bin')).map(name => gapsOf(join(directory, name))),
  )
  return { gaps: found.flatMap(one => one.gaps), lanes: found.reduce((sum, one) => sum + one.lanes, 0) }
}

async function gapsOf(path: string): Promise<{ gaps: AckGap[]; lanes: number }> {
  await using file = await RunFile.open(path, 'ledger')
  const lanes = new Map<string, Lane & { run: LedgerRun }>()
  const gaps: AckGap[] = []
  for await (const { runs } of file.frames()) {
    for (let at = 0; at < runs.length; at += LEDGER_RUN_BYTES) {
      const run = decodeLedgerRun(runs, at)
      if (run) follow(lanes, gaps, run)
    }
  }
  for (const { run, lastAckUs, unansweredUs } of lanes.values())
    if (lastAckUs !== undefined && unansweredUs !== undefined && unansweredUs > lastAckUs)
      gaps.push({ ...laneOf(run), fromUs: lastAckUs })
  return { gaps, lanes: lanes.size }
}

function follow(lanes: Map<string, Lane & { run: LedgerRun }>, gaps: AckGap[], run: LedgerRun): void {
  const key = `${run.producer}/${run.topic}/${run.partition}`
  const lane = lanes.get(key) ?? { run, lastAckUs: undefined, unansweredUs: undefined }
  lanes.set(key, lane)
  if (run.state !== 'acked') {
    lane.unansweredUs = Math.max(lane.unansweredUs ?? 0, run.lastIntendedUs)
    return
  }
  if (lane.lastAckUs !== undefined && run.firstSettledUs - lane.lastAckUs >= MIN_GAP_US)
    gaps.push({ ...laneOf(run), fromUs: lane.lastAckUs, toUs: run.firstSettledUs })
  lane.lastAckUs = Math.max(lane.lastAckUs ?? 0, run.lastSettledUs)
}

const laneOf = ({ producer, topic, partition }: LedgerRun): Pick<AckGap, 'producer' | 'topic' | 'partition'> => ({
  producer,
  topic,
  partition,
})
