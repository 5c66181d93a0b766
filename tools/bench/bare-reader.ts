// A bare loop over one socket that follows a topic while it is written: one fetch after the other in a session, headers and CRC of batches looked at, and no record.
import { BatchReader } from '../../src/protocol/batch.ts'
import { Connection } from '../../src/protocol/connection.ts'
import { type FetchPartition, fetchV11 } from '../../src/protocol/requests/fetch.ts'

const [address = '', topic = '', ...numbers] = process.argv.slice(2)
/** CPU counts from the moment that `warm` records were read until all were. */
const [partitions = 1, warm = 0, total = 0] = numbers.map(Number)
const LIMITS = { maxWaitMs: 500, minBytes: 1, maxBytes: 50 << 20, readCommitted: false, rackId: '' }
const [host = '', port] = address.split(':')
const connection = await Connection.open({ host, port: Number(port), clientId: 'bare', reuseFrames: true })
const batch = new BatchReader()
/** What the next fetch tells of: at first every partition, then those that moved on. */
let told: FetchPartition[] = Array.from({ length: partitions }, (_, partition) => asked(partition, 0))
let sessionId = 0
let sessionEpoch = 0
let read = 0
let requests = 0
let isWarm = false
let before = process.cpuUsage()
let startedMs = 0

function asked(partition: number, fetchOffset: number): FetchPartition {
  return { partition, leaderEpoch: -1, fetchOffset, maxBytes: 1 << 20 }
}

await new Promise<void>((resolve, reject) => {
  const ask = (): void => {
    if (isWarm) requests++
    const topics = told.length > 0 ? [{ name: topic, partitions: told }] : []
    connection.send(fetchV11, { ...LIMITS, sessionId, sessionEpoch, topics, forgotten: [] }, (failure, answer) => {
      if (failure || answer.errorCode !== 0) return reject(failure ?? new Error(`error code ${answer.errorCode}`))
      sessionId = answer.sessionId
      sessionEpoch++
      told = []
      for (const { partition, errorCode, records: bytes } of answer.topics[0]?.partitions ?? []) {
        if (errorCode !== 0) return reject(new Error(`error code ${errorCode}`))
        batch.over(bytes)
        let next = -1
        while (batch.next()) {
          if (!batch.crcMatches()) return reject(new Error(`damaged batch at offset ${batch.baseOffset}`))
          read += batch.count
          next = batch.lastOffset + 1
        }
        if (next >= 0) told.push(asked(partition, next))
      }
      if (!isWarm && read >= warm) {
        isWarm = true
        before = process.cpuUsage()
        startedMs = performance.now()
      }
      if (read >= total) resolve()
      else ask()
    })
  }
  ask()
})
const { user, system } = process.cpuUsage(before)
const seconds = (performance.now() - startedMs) / 1000
await connection.close()
console.log(JSON.stringify({ records: read, cpuSeconds: (user + system) / 1e6, requestsPerSecond: requests / seconds }))
