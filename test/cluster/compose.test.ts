// The committed compose files, started by an ordinary compose client as a user would: each serves from both addresses and leaves nothing.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest'
import { parse } from 'yaml'
import { chooseImage } from '../../src/cluster/images/choose.ts'
import { openDocker } from '../../src/cluster/providers/docker/client.ts'
import { freeSubnets } from '../../src/cluster/providers/docker/subnet.ts'
import { findFreePorts } from '../../src/cluster/providers/process/ports.ts'
import { waitForCluster } from '../../src/cluster/ready.ts'
import { ClusterAdmin } from '../../src/protocol/admin.ts'
import { KAFKA_DEFAULT_VERSION } from '../../src/scenario/schema/cluster.ts'
import { composeFiles } from '../../src/topology/compose.ts'
import { consume, lacksDocker, namedOn, produce, run } from './docker-support.ts'
import { newRunId } from './process-support.ts'

type Service = { networks: { default: { ipv4_address: string } }; ports: string[] }

const client = openDocker()
const RECORDS = 500

const lacking = await lacksDocker()
const folder = mkdtempSync(join(tmpdir(), 'gauntlet-compose-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** The same file with a name, ports and a subnet that nobody else on this machine has. */
async function apart(text: string, name: string, project: string): Promise<string> {
  const { services } = parse(text) as { services: Record<string, Service> }
  const published = Object.values(services).map(service => service.ports[0]?.split(':')[1] ?? '')
  const free = await findFreePorts(published.length)
  const networks = await client.call('list networks', docker => docker.listNetworks())
  const taken = networks.flatMap(network => network.IPAM?.Config?.map(({ Subnet }) => Subnet ?? '') ?? [])
  const [subnet = ''] = freeSubnets(taken, project)
  const moved = published.reduce(
    (all, port, index) => all.replaceAll(`127.0.0.1:${port}`, `127.0.0.1:${free[index]}`),
    text,
  )
  return moved.replaceAll(/10\.212\.\d+\./g, subnet.replace(/0\/24$/, '')).replaceAll(`gauntlet-${name}`, project)
}

const files = await Promise.all(
  composeFiles(KAFKA_DEFAULT_VERSION).map(async ({ path, text }) => {
    const name = basename(path, '.yaml')
    const project = `gauntlet-${name}-${newRunId()}`
    return { path, project, text: lacking ? text : await apart(text, name, project) }
  }),
)

describe.skipIf(lacking).each(files)('$path', ({ path, project, text }) => {
  const file = join(folder, basename(path))
  writeFileSync(file, text)
  const services = Object.values((parse(text) as { services: Record<string, Service> }).services)
  const inside = services.map(service => `${service.networks.default.ipv4_address}:9092`)
  const outside = services.map(service => service.ports[0]?.replace(/:\d+$/, '') ?? '')

  const compose = async (...args: string[]) => {
    const { name } = await chooseImage(client, { version: KAFKA_DEFAULT_VERSION })
    return run('docker-compose', ['--project-name', project, '--file', file, ...args], { KAFKA_IMAGE: name })
  }

  afterEach(async () => void (await compose('down', '--volumes')), 180_000)

  it('starts, takes records at one address and gives them back at the other, and is gone after down', async () => {
    await compose('up', '--detach')
    await waitForCluster({ brokers: outside, expected: services.length, deadlineMs: 90_000, stillAlive: () => {} })
    const admin = await ClusterAdmin.connect({ brokers: outside })
    const factor = services.length
    await admin.createTopics([{ name: 'by-hand', partitions: 3, replicationFactor: factor, config: {} }])
    // A broker that has not heard of the topic yet denies it.
    await vi.waitFor(async () => {
      const [topic] = await admin.metadata(['by-hand'])
      expect(topic?.partitions.map(partition => partition.isr.length)).toEqual([factor, factor, factor])
    }, 15_000)
    await admin.close()

    const written = Array.from({ length: RECORDS }, (_, index) => `record-${index}`)
    await produce(inside, 'by-hand', written)
    expect((await consume(outside, 'by-hand')).sort()).toEqual([...written].sort())

    expect((await namedOn(client, project)).length).toBe(services.length * 2 + 1)
    const listed = await compose('ps', '--quiet')
    expect(listed.trim().split('\n')).toHaveLength(services.length)
    await compose('down', '--volumes')
    expect(await namedOn(client, project)).toEqual([])
  }, 240_000)
})
