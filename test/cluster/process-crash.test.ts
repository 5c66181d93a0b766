// A coordinator that is killed without warning: clean-up ends its brokers and removes their data, and a broker of somebody else lives on.
import { type ChildProcess, fork, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { newKafkaId } from '../../src/cluster/kafka-id.ts'
import { environmentOf, findMarked, isAlive, readProcess } from '../../src/cluster/proc.ts'
import { findInstallation, nodeCommand, runKafkaClass } from '../../src/cluster/providers/process/installation.ts'
import { layOutOnLoopback } from '../../src/cluster/providers/process/ports.ts'
import { waitForCluster } from '../../src/cluster/ready.ts'
import { findLeftovers } from '../../src/cluster/reap.ts'
import { removeLeftovers } from '../../src/cluster/reap-remove.ts'
import { waitUntil } from '../../src/cluster/wait.ts'
import { nodeProperties, renderProperties } from '../../src/topology/properties.ts'
import { requireOrSkip } from '../support/require.ts'
import {
  canStart,
  journalPath,
  newRunId,
  READY_TIMEOUT_MS,
  remainsOf,
  topologyOf,
  useOwnJournals,
} from './process-support.ts'

useOwnJournals()
const decoyHome = mkdtempSync(join(tmpdir(), 'somebody-else-'))
let decoy: { child: ChildProcess; address: string } | undefined
const coordinators = new Set<ChildProcess>()

/** A broker as somebody would start it by hand from the same jars, in an environment that looks a little like ours. */
async function startDecoy(): Promise<NonNullable<typeof decoy>> {
  const topology = topologyOf()
  const [node] = topology.nodes
  if (!node) throw new Error('no node')
  const installation = await findInstallation({ version: topology.kafkaVersion })
  const { addresses } = await layOutOnLoopback(topology)
  const [properties, temp, log] = ['server.properties', 'tmp', 'server.log'].map(name => join(decoyHome, name)) as [
    string,
    string,
    string,
  ]
  mkdirSync(temp)
  writeFileSync(properties, renderProperties(nodeProperties(topology, addresses, node, join(decoyHome, 'data'))))
  const env = { PATH: process.env['PATH'] ?? '', GAUNTLET_RUN: 'somebody-else', GAUNTLET_NODE: 'node-1' }
  const args = ['format', '--cluster-id', newKafkaId(), '--config', properties]
  const mainClass = 'kafka.tools.StorageTool'
  const formatted = await runKafkaClass(installation, { mainClass, args, logging: '', temp, env, deadlineMs: 30_000 })
  expect(formatted.exitCode, formatted.stderr).toBe(0)
  const { heapBytes } = node.resources
  const [java = '', ...rest] = nodeCommand(installation, { heapBytes, logging: '', log, temp, properties, options: [] })
  const child = spawn(java, rest, { env, stdio: 'ignore' })
  const { host, port } = addresses[1]?.OBSERVER?.advertised ?? { host: '', port: 0 }
  return { child, address: `${host}:${port}` }
}

beforeAll(async () => {
  if (!canStart) return
  decoy = await startDecoy()
  await expectDecoy()
})
beforeEach(context => requireOrSkip('java', context))
afterEach(() => {
  for (const child of coordinators) child.kill('SIGKILL')
  coordinators.clear()
})
afterAll(async () => {
  const ended = decoy && new Promise(resolve => decoy?.child.once('exit', resolve))
  decoy?.child.kill('SIGKILL')
  await ended
  rmSync(decoyHome, { recursive: true, force: true })
})

const expectDecoy = (): Promise<string> =>
  waitForCluster({
    brokers: [decoy?.address ?? ''],
    expected: 1,
    deadlineMs: READY_TIMEOUT_MS,
    stillAlive: () => expect(decoy?.child.exitCode).toBeNull(),
  })

function startCoordinator(runId: string): { child: ChildProcess; ready: Promise<number> } {
  const child = fork(new URL('./process-crash-child.ts', import.meta.url), [runId], { execArgv: [] })
  coordinators.add(child)
  const ready = new Promise<number>((resolve, reject) => {
    child.once('message', message => resolve((message as { pid: number }).pid))
    child.once('exit', code => reject(new Error(`the coordinator ended with ${code}`)))
  })
  ready.catch(() => undefined)
  return { child, ready }
}

async function kill(child: ChildProcess): Promise<void> {
  const ended = new Promise(resolve => child.once('exit', resolve))
  child.kill('SIGKILL')
  await ended
}

/** What clean-up finds of a run, removed; nothing of it may remain, and nothing else may be touched. */
async function cleanUp(runId: string): Promise<string[]> {
  const found = (await findLeftovers()).filter(run => run.journal.runId === runId)
  await removeLeftovers(found)
  expect(remainsOf(runId)).toEqual([])
  await expectDecoy()
  return found.flatMap(run => run.things.map(thing => thing.kind))
}

describe('a coordinator that is killed', () => {
  it('while its cluster runs', async () => {
    const runId = newRunId()
    const { child, ready } = startCoordinator(runId)
    const pid = await ready
    expect((await findLeftovers()).filter(run => run.journal.runId === runId)).toEqual([])
    await kill(child)
    expect(environmentOf(pid, 'GAUNTLET_RUN')).toBe(runId)
    expect(readProcess(pid)?.state).not.toBe('T')
    expect(await cleanUp(runId)).toEqual(expect.arrayContaining(['process', 'directory']))
    expect(readProcess(pid)).toBeUndefined()
  })

  it('between the line that announces a node and the line that tells its number', async () => {
    const runId = newRunId()
    const { child, ready } = startCoordinator(runId)
    const pid = await ready
    await kill(child)
    // What is on disk at that moment: the announcement, and nothing that came after it.
    const lines = readFileSync(journalPath(runId), 'utf8').split('\n')
    const announced = lines.findIndex(line => line.includes('"name":"node-1"') && !line.includes('"pid"'))
    expect(announced).toBeGreaterThan(0)
    writeFileSync(journalPath(runId), `${lines.slice(0, announced + 1).join('\n')}\n`)
    expect(await cleanUp(runId)).toContain('process')
    expect(readProcess(pid)).toBeUndefined()
  })

  it.each(['directory', '"name":"format"', '"name":"node-1"'])('right after the line with %s', async text => {
    const runId = newRunId()
    const { child } = startCoordinator(runId)
    const read = (): string => {
      try {
        return readFileSync(journalPath(runId), 'utf8')
      } catch {
        return ''
      }
    }
    expect(await waitUntil(() => read().includes(text), READY_TIMEOUT_MS)).toBe(true)
    const before = findMarked(runId)
    await kill(child)
    await cleanUp(runId)
    expect(before.filter(({ pid, startTicks }) => isAlive(pid, startTicks))).toEqual([])
  })
})
