// A broker that somebody started by hand: the same program and the same jars as ours, but without our marks.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { newKafkaId } from '../../src/cluster/kafka-id.ts'
import {
  filesOf,
  formatStorage,
  makeRoot,
  sharedFiles,
  writeNodeFiles,
} from '../../src/cluster/providers/process/files.ts'
import { findInstallation, nodeCommand } from '../../src/cluster/providers/process/installation.ts'
import { layOutOnLoopback } from '../../src/cluster/providers/process/ports.ts'
import { observerAddresses } from '../../src/cluster/providers/process/start.ts'
import { waitForCluster } from '../../src/cluster/ready.ts'
import type { Topology } from '../../src/topology/topology.ts'

export type DecoyBroker = { pid: number; answers(): Promise<string>; end(): Promise<void> }

const READY_DEADLINE_MS = 60_000

/** Starts a broker outside of any run and waits until it answers. */
export async function startDecoyBroker(topology: Topology): Promise<DecoyBroker> {
  const folder = mkdtempSync(join(tmpdir(), 'somebody-elses-broker-'))
  const root = join(folder, 'kafka')
  const installation = await findInstallation({ version: topology.kafkaVersion })
  const { addresses } = await layOutOnLoopback(topology)
  const [node] = topology.nodes
  if (!node) throw new RangeError('a topology without nodes')
  await makeRoot(root, 'nobody')
  const properties = await writeNodeFiles(root, topology, addresses)
  await formatStorage(installation, root, topology, properties, newKafkaId(), { env: process.env })
  const files = filesOf(root, node)
  const [program = '', ...args] = nodeCommand(installation, {
    heapBytes: node.resources.heapBytes,
    logging: sharedFiles(root).nodeLogging,
    log: files.serverLog,
    temp: files.temp,
    properties: files.properties,
    options: [],
  })
  const child = spawn(program, args, { cwd: files.home, env: { PATH: process.env['PATH'] ?? '' }, stdio: 'ignore' })
  const answers = () =>
    waitForCluster({
      brokers: observerAddresses(topology, addresses),
      expected: 1,
      deadlineMs: READY_DEADLINE_MS,
      stillAlive: () => refuseEnded(child),
    })
  const end = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      const ended = new Promise(resolve => child.once('exit', resolve))
      child.kill('SIGKILL')
      await ended
    }
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    await answers()
    if (child.pid === undefined) throw new Error('the broker has no process')
    return { pid: child.pid, answers, end }
  } catch (error) {
    await end()
    throw error
  }
}

function refuseEnded(child: ChildProcess): void {
  if (child.exitCode !== null || child.signalCode !== null) throw new Error('the broker has ended')
}
