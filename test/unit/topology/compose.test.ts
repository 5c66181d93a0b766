// The committed compose files are what the topology renders, and say what a compose client needs to hear.
import { readdir, readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { TOXIPROXY_IMAGE } from '../../../src/cluster/images/names.ts'
import { KAFKA_DEFAULT_VERSION } from '../../../src/scenario/schema/cluster.ts'
import { composeFiles, renderCompose } from '../../../src/topology/compose.ts'
import { routedComposeFiles } from '../../../src/topology/compose-routed.ts'
import { DATA_DIR } from '../../../src/topology/containers.ts'
import { describeTopology, type Topology } from '../../../src/topology/topology.ts'

type Service = {
  container_name: string
  environment: Record<string, string>
  networks: Record<string, { ipv4_address: string; aliases?: string[] }>
  ports: string[]
  volumes: string[]
} & Record<string, unknown>
type Compose = {
  services: Record<string, Service>
  networks: Record<string, { name: string; internal?: boolean; ipam: { config: { subnet: string }[] } }>
  volumes: Record<string, { name: string }>
}

const files = [...composeFiles(KAFKA_DEFAULT_VERSION), ...routedComposeFiles(KAFKA_DEFAULT_VERSION, TOXIPROXY_IMAGE)]
const clusters = files.filter(file => file.path.endsWith('.yaml'))
const root = new URL('../../../', import.meta.url)

function topologyWith(overrides: Partial<Parameters<typeof describeTopology>[0]>): Topology {
  return describeTopology({
    kind: 'started',
    brokers: 1,
    controllers: 'combined',
    network: 'direct',
    provider: 'docker',
    kafka: KAFKA_DEFAULT_VERSION,
    resources: {},
    workers: {},
    config: {},
    racks: [],
    readyTimeoutMs: 0,
    ...overrides,
  })
}

const options = { name: 'probe', subnet: '10.1.2.0/24', clusterId: 'AAAAAAAAAAAAAAAAAAAAAA', firstPort: 1000 }

describe('the committed files', () => {
  it.each(files)('$path is up to date (npm run generate)', async ({ path, text }) => {
    expect(await readFile(new URL(path, root), 'utf8')).toBe(text)
  })

  it('are all there is', async () => {
    const found = await readdir(new URL('compose/', root), { recursive: true, withFileTypes: true })
    const paths = found.filter(entry => entry.isFile()).map(entry => join(entry.parentPath, entry.name))
    expect(paths.map(path => relative(fileURLToPath(new URL('compose/', root)), path)).sort()).toEqual(
      files.map(file => file.path.replace('compose/', '')).sort(),
    )
  })

  it('can run side by side', () => {
    const parsed = clusters.map(file => parse(file.text) as Compose)
    const distinct = (values: (file: Compose) => string[]) => {
      const all = parsed.flatMap(values)
      expect(new Set(all).size).toBe(all.length)
      expect(all.length).toBeGreaterThan(0)
    }
    distinct(file => Object.values(file.networks).map(network => network.name))
    distinct(file => Object.values(file.networks).flatMap(network => network.ipam.config.map(config => config.subnet)))
    distinct(file => Object.values(file.volumes).map(volume => volume.name))
    distinct(file => Object.values(file.services).map(service => service.container_name))
    distinct(file => Object.values(file.services).flatMap(service => service.ports ?? []))
    distinct(file => [Object.values(file.services)[0]?.environment['CLUSTER_ID'] ?? ''])
  })
})

describe('a service', () => {
  it('has a static address within the subnet, its own volume, no capability, and a port on loopback alone', () => {
    const { services, volumes } = parse(renderCompose(topologyWith({ brokers: 3 }), options)) as Compose
    expect(Object.keys(services)).toEqual(['broker-1', 'broker-2', 'broker-3'])
    Object.entries(services).forEach(([name, service], index) => {
      expect(service.networks['default']?.ipv4_address).toBe(`10.1.2.${11 + index}`)
      expect(service.volumes).toEqual([`${name}-data:${DATA_DIR}`])
      expect(volumes).toHaveProperty(`${name}-data`)
      expect(service).toMatchObject({ cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] })
      expect(service.ports).toEqual([`127.0.0.1:${1000 + index}:9093`])
      expect(service.environment['KAFKA_ADVERTISED_LISTENERS']).toContain(`CLIENT://10.1.2.${11 + index}:9092`)
      expect(service.environment['KAFKA_ADVERTISED_LISTENERS']).toContain(`OBSERVER://127.0.0.1:${1000 + index}`)
      expect(service.environment['KAFKA_CONTROLLER_QUORUM_VOTERS']).toBe(
        '1@10.1.2.11:9095,2@10.1.2.12:9095,3@10.1.2.13:9095',
      )
    })
  })

  it('takes the limits of its node', () => {
    const text = renderCompose(
      topologyWith({ resources: { cpus: 1.5, cpuset: '0,1', memory: 2 ** 30, heap: 2 ** 28 } }),
      options,
    )
    const service = (parse(text) as Compose).services['broker-1']
    expect(service).toMatchObject({ cpus: 1.5, cpuset: '0,1', mem_limit: `${2 ** 30}b`, memswap_limit: `${2 ** 30}b` })
    expect(service?.environment['KAFKA_HEAP_OPTS']).toBe('-Xms256m -Xmx256m')
  })

  it('keeps dollars, quotes and colons of a property', () => {
    const rules = 'RULE:[1:$1@$0](.*"x"@.*)s/@.*//'
    const text = renderCompose(topologyWith({ config: { 'sasl.kerberos.principal.to.local.rules': rules } }), options)
    const value = (parse(text) as Compose).services['broker-1']?.environment[
      'KAFKA_SASL_KERBEROS_PRINCIPAL_TO_LOCAL_RULES'
    ]
    expect(value?.replaceAll('$$', '$')).toBe(rules)
    expect(value?.replaceAll('$$', '')).not.toContain('$')
  })

  it('publishes nothing for a dedicated controller', () => {
    const { services } = parse(
      renderCompose(topologyWith({ brokers: 3, controllers: 'dedicated' }), options),
    ) as Compose
    expect(services['controller-101']?.ports).toBeUndefined()
    expect(services['controller-101']?.environment).not.toHaveProperty('KAFKA_ADVERTISED_LISTENERS')
    expect(services['broker-1']?.environment['KAFKA_CONTROLLER_QUORUM_VOTERS']).toMatch(/^101@10\.1\.2\.11:9095,/)
  })
})

describe('the routed file', () => {
  const [file] = clusters.filter(({ path }) => path.includes('routed'))
  const { services, networks } = parse(file?.text ?? '') as Compose
  const nodes = Object.entries(services).filter(([name]) => name.startsWith('broker-'))
  const proxies = Object.entries(services).filter(([name]) => name.startsWith('proxy-'))
  type Route = { name: string; listen: string; upstream: string; enabled: boolean }
  const routes = new Map(
    proxies.map(([name, service]): [string, Route[]] => {
      const path = `compose/${service.volumes[0]?.split(':')[0]?.replace('./', '')}`
      return [name, JSON.parse(files.find(one => one.path === path)?.text ?? '[]') as Route[]]
    }),
  )

  it('puts every node alone on a network without a way out, with all proxies', () => {
    expect([nodes.length, proxies.length, Object.keys(networks).length]).toEqual([3, 4, 3])
    for (const [name, node] of nodes) {
      expect(Object.keys(node.networks)).toEqual([name])
      expect(networks[name]?.internal).toBe(true)
      expect(node.ports).toBeUndefined()
      expect(node['depends_on']).toEqual(proxies.map(([proxy]) => proxy))
    }
    for (const [, proxy] of proxies) expect(Object.keys(proxy.networks)).toEqual(Object.keys(networks))
    const addresses = Object.values(services).flatMap(one => Object.values(one.networks).map(net => net.ipv4_address))
    expect(new Set(addresses).size).toBe(addresses.length)
  })

  it('lets a node meet the names of its peers at its own proxy alone', () => {
    for (const [name, proxy] of proxies) {
      const own = name.replace('proxy-', 'broker-')
      const peers = nodes.map(([node]) => node).filter(node => node !== own)
      for (const [network, { aliases }] of Object.entries(proxy.networks))
        expect(aliases).toEqual(network === own ? peers : undefined)
    }
  })

  it('has a route for every link: 6 between brokers, 6 to controllers, 3 from clients, open from the start', () => {
    const all = [...routes.values()].flat()
    const count = (plane: string) => all.filter(({ name }) => name.startsWith(plane)).length
    expect(['internal-', 'controller-', 'client-'].map(count)).toEqual([6, 6, 3])
    expect(all.every(({ enabled }) => enabled)).toBe(true)
  })

  it('enters every proxy at its own address and leads to where a node listens', () => {
    const listening = new Set(nodes.flatMap(([, node]) => (node.environment['KAFKA_LISTENERS'] ?? '').split(',')))
    const bound = new Set([...listening].map(listener => listener.split('://')[1]))
    for (const [name, own] of routes) {
      const addresses = Object.values(services[name]?.networks ?? {}).map(net => net.ipv4_address)
      expect(own.length).toBeGreaterThan(0)
      for (const { listen, upstream } of own) {
        expect(addresses).toContain(listen.split(':')[0])
        expect(bound).toContain(upstream)
      }
    }
  })

  it('advertises brokers to clients at the proxy of clients', () => {
    const entrances = routes.get('proxy-client')?.map(({ listen }) => `CLIENT://${listen}`)
    const advertised = nodes.map(([, node]) =>
      node.environment['KAFKA_ADVERTISED_LISTENERS']?.split(',').find(one => one.startsWith('CLIENT:')),
    )
    expect(advertised).toEqual(entrances)
  })
})
