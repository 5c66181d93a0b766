// The powers over links: a model of what every proxy should do, acted on through Toxiproxy, read back, and rebuilt where a server hangs.
import { setTimeout as sleep } from 'node:timers/promises'
import { HarnessError, messageOf } from '../../core/errors.ts'
import type { Flow, Link, LinkSource, Route } from '../../topology/links.ts'
import type { LinkPowers, LinkState, LinkToxic } from '../cluster.ts'
import type { FaultyProxy, Journal } from '../journal.ts'
import { LinkFailure } from './failure.ts'
import { type Toxic, Toxiproxy } from './toxiproxy.ts'

/** One Toxiproxy: whose links it carries, where it is told what to do, and how a hung one is replaced. */
export type ProxyServer = {
  source: LinkSource
  name: string
  /** http://host:port */
  api: string
  routes: Route[]
  /** Ends the server and starts a clean one. */
  restart(): Promise<void>
}

type Modelled = { server: ProxyServer; route: Route; refusedBy: Set<string>; toxics: Map<string, Toxic> }

type Order = (client: Toxiproxy) => Promise<void>

const START_DEADLINE_MS = 10_000
const LOOK_EVERY_MS = 25

export class ProxyLinks implements LinkPowers {
  readonly links: readonly Link[]
  rebuilt = 0
  private readonly journal: Journal
  private readonly model = new Map<string, Modelled>()
  private readonly clients = new Map<ProxyServer, Toxiproxy>()
  private readonly entries = new Map<string, number>()

  constructor(servers: readonly ProxyServer[], journal: Journal) {
    this.journal = journal
    for (const server of servers) {
      this.clients.set(server, new Toxiproxy(server.api))
      for (const route of server.routes)
        this.model.set(route.link.name, { server, route, refusedBy: new Set(), toxics: new Map() })
    }
    this.links = [...this.model.values()].map(({ route }) => route.link)
  }

  /** Waits for the servers and opens every link. */
  async open(): Promise<void> {
    await Promise.all([...this.clients].map(([server]) => this.build(server)))
  }

  async poison(tag: string, flows: readonly Flow[], toxic: LinkToxic): Promise<void> {
    await this.note(
      tag,
      flows.map(flow => flow.link),
    )
    await this.change(
      flows.map(flow => flow.link),
      modelled =>
        flows
          .filter(flow => flow.link === modelled.route.link.name)
          .map(({ stream }): Order => {
            const own: Toxic = { name: `${tag}-${toxic.type}-${stream}`, stream, ...toxic }
            modelled.toxics.set(own.name, own)
            return client => client.addToxic(modelled.route.link.name, own)
          }),
    )
  }

  async refuse(tag: string, links: readonly string[]): Promise<void> {
    await this.note(tag, links)
    await this.change(links, modelled => {
      modelled.refusedBy.add(tag)
      return [client => client.setEnabled(modelled.route.link.name, false)]
    })
  }

  async cure(tag: string): Promise<void> {
    const touched = [...this.model.values()].filter(
      ({ refusedBy, toxics }) => refusedBy.has(tag) || [...toxics.keys()].some(name => name.startsWith(`${tag}-`)),
    )
    await this.change(
      touched.map(({ route }) => route.link.name),
      modelled => {
        const { name } = modelled.route.link
        const own = [...modelled.toxics.keys()].filter(toxic => toxic.startsWith(`${tag}-`))
        for (const toxic of own) modelled.toxics.delete(toxic)
        const isReopened = modelled.refusedBy.delete(tag) && modelled.refusedBy.size === 0
        const removals = own.map(
          (toxic): Order =>
            client =>
              client.removeToxic(name, toxic),
        )
        return isReopened ? [...removals, client => client.setEnabled(name, true)] : removals
      },
    )
    const entry = this.entries.get(tag)
    this.entries.delete(tag)
    if (entry !== undefined) await this.journal.undone(entry)
  }

  async read(): Promise<LinkState[]> {
    const states = await Promise.all([...this.clients.values()].map(client => client.proxies()))
    const found = new Map(states.flatMap(state => [...state]))
    return this.links.map(link => {
      const proxy = found.get(link.name)
      return {
        link: link.name,
        isOpen: proxy?.enabled ?? false,
        isRefused: this.modelled(link.name).refusedBy.size > 0,
        toxics: proxy?.toxics.map(({ name, type, stream }) => ({ name, type, stream })) ?? [],
      }
    })
  }

  entrance(link: string): string {
    return this.modelled(link).route.listen
  }

  /** Strikes out what ended with the proxies themselves. */
  async forget(): Promise<void> {
    for (const entry of this.entries.values()) await this.journal.undone(entry)
    this.entries.clear()
  }

  /** One entry per tag, on disk before the first act; by hand, a reset of the servers touched ends it. */
  private async note(tag: string, links: readonly string[]): Promise<void> {
    if (this.entries.has(tag)) return
    const proxies = [...Map.groupBy(new Set(links), link => this.modelled(link).server)].map(
      ([{ name, api }, own]): FaultyProxy => ({ server: name, api, links: own }),
    )
    const heal = proxies.map(({ api }) => `curl -X POST ${api}/reset`).join('; ')
    this.entries.set(tag, await this.journal.record({ kind: 'fault', name: tag, heal, proxies }))
  }

  /** Changes the model, then the servers: all at once, each in turn; one that hangs is replaced and follows the model. */
  private async change(links: readonly string[], plan: (modelled: Modelled) => Order[]): Promise<void> {
    const byServer = Map.groupBy(new Set(links), link => this.modelled(link).server)
    await Promise.all(
      [...byServer].map(async ([server, own]) => {
        const client = this.clients.get(server) as Toxiproxy
        const orders = own.flatMap(link => plan(this.modelled(link)))
        try {
          for (const order of orders) await order(client)
        } catch (error) {
          if (!(error instanceof LinkFailure) || error.status !== undefined) throw broken(error)
          await this.rebuild(server)
        }
      }),
    )
  }

  private async rebuild(server: ProxyServer): Promise<void> {
    this.rebuilt++
    await server.restart()
    await this.build(server)
  }

  /** Makes a clean server do what the model says. */
  private async build(server: ProxyServer): Promise<void> {
    const client = this.clients.get(server) as Toxiproxy
    await answering(client, server.name)
    try {
      for (const { link, listen, upstream } of server.routes) {
        const { refusedBy, toxics } = this.modelled(link.name)
        await client.createProxy({ name: link.name, listen, upstream, enabled: refusedBy.size === 0 })
        for (const toxic of toxics.values()) await client.addToxic(link.name, toxic)
      }
    } catch (error) {
      throw broken(error)
    }
  }

  private modelled(link: string): Modelled {
    const found = this.model.get(link)
    if (!found) throw new RangeError(`no link ${link}`)
    return found
  }
}

async function answering(client: Toxiproxy, name: string): Promise<void> {
  const until = performance.now() + START_DEADLINE_MS
  for (;;) {
    try {
      await client.version()
      return
    } catch (error) {
      if (performance.now() > until)
        throw new HarnessError(
          { code: 'E306', message: `${name} did not come up: ${messageOf(error)}`, hint: 'see who listens: ss -ltnp' },
          { cause: error },
        )
    }
    await sleep(LOOK_EVERY_MS)
  }
}

/** A port that somebody else has is tried again elsewhere, like one of a node. */
function broken(error: unknown): HarnessError {
  const message = messageOf(error)
  const isTaken = /address already in use/i.test(message)
  return new HarnessError(
    { code: isTaken ? 'E303' : 'E313', message, hint: 'see who listens: ss -ltnp' },
    { cause: error },
  )
}
