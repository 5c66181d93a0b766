// A bare loop over one socket that fetches all partitions, looks at batch headers and checks their CRC, and at no record.
import { BatchReader } from '../../src/protocol/batch.ts'
import { Connection } from '../../src/protocol/connection.ts'
import { fetchV11 } from '../../src/protocol/requests/fetch.ts'

const [address = '', topic = '', partitionsText, recordsText] = process.argv.slice(2)
const [partitions, records] = [Number(partitionsText), Number(recordsText)]
const LIMITS = { maxWaitMs: 500, minBytes: 1, maxBytes: 50 << 20, readCommitted: false, rackId: '' }
const NO_SESSION = { sessionId: 0, sessionEpoch: -1, forgotten: [] }
const [host = '', port] = address.split(':')
const connection = await Connection.open({ host, port: Number(port), clientId: 'bare', reuseFrames: true })
const batch = new BatchReader()
const offsets = new Array<number>(partitions).fill(0)
const startedMs = performance.now()
let read = 0

await new Promise<void>((resolve, reject) => {
  const ask = (): void => {
    const rows = offsets.map((fetchOffset, partition) => ({
      partition,
      leaderEpoch: -1,
      fetchOffset,
      maxBytes: 1 << 20,
    }))
    const request = { ...LIMITS, ...NO_SESSION, topics: [{ name: topic, partitions: rows }] }
    connection.send(fetchV11, request, (failure, answer) => {
      if (failure) return reject(failure)
      for (const { partition, errorCode, records: bytes } of answer.topics[0]?.partitions ?? []) {
        if (errorCode !== 0) return reject(new Error(`error code ${errorCode}`))
        batch.over(bytes)
        while (batch.next()) {
          if (!batch.crcMatches()) return reject(new Error(`damaged batch at offset ${batch.baseOffset}`))
          read += batch.count
          offsets[partition] = batch.lastOffset + 1
        }
      }
      if (read >= records) resolve()
      else ask()
    })
  }
  ask()
})
const seconds = (performance.now() - startedMs) / 1000
await connection.close()
const { user, system } = process.cpuUsage()
console.log(
  JSON.stringify({ perSecond: read / seconds, cpuSeconds: (user + system) / 1e6, counters: { received: read } }),
)
