// The one door to Toxiproxy: every call has a deadline, keeps the server's own words, and every change is read back.
import { isDeepStrictEqual } from 'node:util'
import { messageOf } from '../../core/errors.ts'
import type { Stream } from '../../topology/links.ts'
import { LinkFailure } from './failure.ts'

export type ToxicType = 'timeout' | 'latency' | 'bandwidth' | 'reset_peer' | 'slicer' | 'limit_data' | 'slow_close'
export type Toxic = { name: string; type: ToxicType; stream: Stream; attributes: Record<string, number> }
export type Proxy = { name: string; listen: string; upstream: string; enabled: boolean }
export type ProxyState = Proxy & { toxics: Toxic[] }

/** A removal that waits longer hangs for good: Toxiproxy waits for every connection of the proxy. */
const CALL_DEADLINE_MS = 2000

export class Toxiproxy {
  readonly api: string
  private readonly deadlineMs: number

  constructor(api: string, deadlineMs: number = CALL_DEADLINE_MS) {
    this.api = api
    this.deadlineMs = deadlineMs
  }

  async version(): Promise<string> {
    return (await this.call<{ version: string }>('GET', '/version')).version
  }

  async proxies(): Promise<Map<string, ProxyState>> {
    return new Map(Object.entries(await this.call<Record<string, ProxyState>>('GET', '/proxies')))
  }

  proxy(name: string): Promise<ProxyState> {
    return this.call('GET', `/proxies/${name}`)
  }

  async createProxy(proxy: Proxy): Promise<void> {
    await this.call('POST', '/proxies', proxy)
    const found = await this.proxy(proxy.name)
    if (found.upstream !== proxy.upstream || found.enabled !== proxy.enabled || found.toxics.length > 0)
      throw this.unlike(`proxy ${proxy.name}`, proxy, found)
  }

  /** Closed, a proxy refuses connections and ends those it has. */
  async setEnabled(name: string, enabled: boolean): Promise<void> {
    await this.call('PATCH', `/proxies/${name}`, { enabled })
    const found = await this.proxy(name)
    if (found.enabled !== enabled) throw this.unlike(`proxy ${name}`, { enabled }, found)
  }

  async addToxic(proxy: string, toxic: Toxic): Promise<void> {
    await this.call('POST', `/proxies/${proxy}/toxics`, toxic)
    const found = (await this.proxy(proxy)).toxics.find(({ name }) => name === toxic.name)
    const { name, type, stream, attributes } = toxic
    const isAlike =
      found !== undefined &&
      found.type === type &&
      found.stream === stream &&
      isDeepStrictEqual({ ...found.attributes, ...attributes }, found.attributes)
    if (!isAlike) throw this.unlike(`toxic ${name} on ${proxy}`, toxic, found)
  }

  /** One that has gone already is fine. */
  async removeToxic(proxy: string, name: string): Promise<void> {
    await this.call('DELETE', `/proxies/${proxy}/toxics/${name}`).catch((error: unknown) => {
      if (!(error instanceof LinkFailure) || error.status !== 404) throw error
    })
    const found = (await this.proxy(proxy)).toxics
    if (found.some(toxic => toxic.name === name)) throw this.unlike(`toxics of ${proxy}`, 'without it', found)
  }

  private async call<T>(method: string, path: string, body?: unknown): Promise<T> {
    const what = `${method} ${this.api}${path}`
    try {
      const response = await fetch(`${this.api}${path}`, {
        method,
        signal: AbortSignal.timeout(this.deadlineMs),
        ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
      })
      const text = await response.text()
      if (!response.ok)
        throw new LinkFailure(`${what}: ${response.status} ${text.trim().slice(0, 300)}`, response.status)
      return (text === '' ? undefined : JSON.parse(text)) as T
    } catch (error) {
      if (error instanceof LinkFailure) throw error
      const isLate = error instanceof Error && error.name === 'TimeoutError'
      const reason = isLate ? `no answer within ${this.deadlineMs} ms` : messageOf((error as Error).cause ?? error)
      throw new LinkFailure(`${what}: ${reason}`, undefined, { cause: error })
    }
  }

  private unlike(what: string, wanted: unknown, found: unknown): LinkFailure {
    return new LinkFailure(
      `${this.api}: ${what} reads back as ${JSON.stringify(found)}, wanted ${JSON.stringify(wanted)}`,
    )
  }
}
