// A small request over a path, to see whether it gets through and how long it takes; the proof of faults on links and nodes.
import { parseAddress } from '../protocol/cluster.ts'
import { Connection } from '../protocol/connection.ts'
import { apiVersionsV2 } from '../protocol/requests/api-versions.ts'

/** Milliseconds from the request to its answer; undefined where none came in time. */
export async function callAcross(address: string, deadlineMs: number): Promise<number | undefined> {
  let connection: Connection | undefined
  try {
    connection = await Connection.open({
      ...parseAddress(address),
      clientId: 'gauntlet-canary',
      connectTimeoutMs: deadlineMs,
      requestTimeoutMs: deadlineMs,
    })
    const sentMs = performance.now()
    await connection.request(apiVersionsV2, {})
    return performance.now() - sentMs
  } catch {
    return undefined
  } finally {
    connection?.kill()
  }
}
