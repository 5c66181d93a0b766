// Starts a cluster and waits to be killed: the coordinator of the crash tests.
import { startCluster, topologyOf } from './process-support.ts'

const held = await startCluster(topologyOf(), { runId: process.argv[2] ?? '' })
process.send?.({ pid: Number(held.cluster.info.nodes[0]?.handle) })
await new Promise(() => setInterval(() => undefined, 60_000))
