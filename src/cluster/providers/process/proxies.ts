// The proxies of a routed cluster as processes: one Toxiproxy per node and one for everybody outside, each a process of its own.
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { routesOf, sourcesOf } from '../../../topology/links.ts'
import type { Addresses, Endpoint } from '../../../topology/properties.ts'
import { findToxiproxy } from '../../links/binary.ts'
import { ProxyLinks, type ProxyServer } from '../../links/powers.ts'
import { OwnProcess } from './node-process.ts'
import { proxyHost } from './ports.ts'
import type { StartContext } from './start.ts'

/** Starts all proxies and opens every link. */
export async function startProxies(
  context: StartContext,
  addresses: Addresses,
  apis: readonly Endpoint[],
  environment: (name: string) => NodeJS.ProcessEnv,
): Promise<ProxyLinks> {
  const { request, root, belongings } = context
  const { topology, journal } = request
  const program = await findToxiproxy(process.env, request.onProgress)
  const servers: ProxyServer[] = []
  for (const [index, source] of sourcesOf(topology.links).entries()) {
    const api = apis[index] as Endpoint
    const name = `proxy-${source}`
    const home = join(root, name)
    await mkdir(home, { recursive: true })
    const console = join(home, 'console.log')
    const own = new OwnProcess({
      name,
      home,
      console,
      log: console,
      command: [program, '-host', api.host, '-port', String(api.port)],
      env: { ...environment(name), LOG_LEVEL: 'error' },
      journal,
      detach: request.detach ?? false,
    })
    belongings.proxies.push(own)
    await own.start()
    servers.push({
      source,
      name,
      api: `http://${api.host}:${api.port}`,
      routes: routesOf(topology, addresses, source, proxyHost(source)),
      restart: async () => {
        await own.kill()
        await own.start()
      },
    })
  }
  const links = new ProxyLinks(servers, journal)
  await links.open()
  return links
}
