// Storage that is formatted for all nodes at once is the storage that Kafka's tool writes for each node alone.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, expect, it } from 'vitest'
import { newKafkaId } from '../../src/cluster/kafka-id.ts'
import {
  filesOf,
  formatStorage,
  makeRoot,
  sharedFiles,
  writeNodeFiles,
} from '../../src/cluster/providers/process/files.ts'
import { findInstallation, runKafkaClass } from '../../src/cluster/providers/process/installation.ts'
import { layOutOnLoopback } from '../../src/cluster/providers/process/ports.ts'
import { requireOrSkip } from '../support/require.ts'
import { topologyOf } from './process-support.ts'

const home = mkdtempSync(join(tmpdir(), 'gauntlet-format-'))
afterAll(() => rmSync(home, { recursive: true, force: true }))
beforeEach(context => requireOrSkip('java', context))

const readProperties = (directory: string): Record<string, string> =>
  Object.fromEntries(
    readFileSync(join(directory, 'meta.properties'), 'utf8')
      .split('\n')
      .filter(line => line.includes('='))
      .map(line => line.split('=') as [string, string]),
  )

/** The checkpoint without the times of its batches, and without the checksums that cover them. */
function readCheckpoint(directory: string): string {
  const bytes = readFileSync(join(directory, 'bootstrap.checkpoint'))
  for (let at = 0; at < bytes.length; at += 12 + bytes.readInt32BE(at + 8)) {
    bytes.fill(0, at + 17, at + 21)
    bytes.fill(0, at + 27, at + 43)
  }
  return bytes.toString('hex')
}

it.each(['combined', 'dedicated'] as const)('three %s nodes', async controllers => {
  const root = join(home, controllers)
  const topology = topologyOf({ brokers: 3, controllers })
  const kafka = await findInstallation({ version: topology.kafkaVersion })
  const clusterId = newKafkaId()
  const env = { PATH: process.env['PATH'] ?? '' }
  await makeRoot(root, 'format')
  const { addresses } = await layOutOnLoopback(topology)
  const properties = await writeNodeFiles(root, topology, addresses)
  await formatStorage(kafka, root, topology, properties, clusterId, { env })
  const directoryIds = new Set<string>()
  for (const node of topology.nodes) {
    const files = filesOf(root, node)
    const together = readProperties(files.data)
    const checkpoint = readCheckpoint(files.data)
    const names = (await readdir(files.data)).sort()
    rmSync(files.data, { recursive: true })
    const alone = await runKafkaClass(kafka, {
      mainClass: 'kafka.tools.StorageTool',
      args: ['format', '--cluster-id', clusterId, '--config', files.properties],
      logging: sharedFiles(root).toolLogging,
      temp: files.temp,
      env,
      deadlineMs: 30_000,
    })
    expect(alone.exitCode, alone.stderr).toBe(0)
    const { 'directory.id': own, ...shared } = together
    const { 'directory.id': _, ...expected } = readProperties(files.data)
    expect(shared).toEqual(expected)
    expect(shared).toMatchObject({ 'node.id': String(node.id), 'cluster.id': clusterId })
    expect(checkpoint).toBe(readCheckpoint(files.data))
    expect(names).toEqual((await readdir(files.data)).sort())
    directoryIds.add(own ?? '')
  }
  expect(directoryIds.size).toBe(topology.nodes.length)
})
