// Watches every broker's own view of leaders and ISR, each by itself and often, since a broker that is cut off still names itself leader.
import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf } from '../core/errors.ts'
import { parseAddress } from '../protocol/cluster.ts'
import { Connection } from '../protocol/connection.ts'
import { metadataV8 } from '../protocol/requests/metadata.ts'
import type { Security } from '../protocol/security.ts'

/** What one broker says of one partition. */
export type SeenPartition = {
  topic: string
  partition: number
  leader: number
  epoch: number
  isr: number[]
  replicas: number[]
}

/** What changed in one broker's view; it may have changed at any time after `askedBeforeUs`. */
export type ViewChange = {
  node: string
  atUs: number
  askedBeforeUs: number
  changes: SeenPartition[]
  /** Set when the broker stopped or began to answer. */
  answers?: boolean
  reason?: string
}

export type WatchedNode = { id: number; name: string; observer: string }

const EVERY_MS = 50
const DEADLINE_MS = 1000

export class Watch {
  private readonly nodes: readonly WatchedNode[]
  private readonly topics: readonly string[]
  private readonly nowUs: () => number
  private readonly security: Security | undefined
  private readonly onChange: (change: ViewChange) => void
  private readonly seen = new Map<number, Map<string, SeenPartition>>()
  private readonly silent = new Set<number>()
  private loops: Promise<void>[] = []
  private stopped = false

  constructor(
    nodes: readonly WatchedNode[],
    topics: readonly string[],
    ports: { nowUs: () => number; onChange: (change: ViewChange) => void; security?: Security },
  ) {
    this.nodes = nodes
    this.topics = topics
    this.nowUs = ports.nowUs
    this.security = ports.security
    this.onChange = ports.onChange
  }

  start(): void {
    this.loops = this.nodes.map(node => this.watchNode(node))
  }

  async stop(): Promise<void> {
    this.stopped = true
    await Promise.all(this.loops)
  }

  /** Every partition as the broker with the highest epoch tells it. */
  latest(): SeenPartition[] {
    const best = new Map<string, SeenPartition>()
    for (const view of this.seen.values())
      for (const [key, row] of view) if (row.epoch >= (best.get(key)?.epoch ?? -1)) best.set(key, row)
    return [...best.values()]
  }

  /** Brokers that did not answer when they were last asked. */
  silentNodes(): number[] {
    return [...this.silent]
  }

  /** Partitions of which any broker says, under the highest epoch told, that a replica is not in sync. */
  underReplicated(): number {
    return this.latest().filter(row =>
      [...this.seen.values()].some(view => {
        const own = view.get(keyOf(row))
        return own?.epoch === row.epoch && own.isr.length < own.replicas.length
      }),
    ).length
  }

  /** True where every broker answers and all agree that every replica of every partition is in sync. */
  isWhole(): boolean {
    if (this.silent.size > 0 || this.seen.size < this.nodes.length) return false
    return this.latest().every(row =>
      [...this.seen.values()].every(view => {
        const own = view.get(keyOf(row))
        return own !== undefined && own.epoch === row.epoch && own.leader >= 0 && own.isr.length === own.replicas.length
      }),
    )
  }

  private async watchNode(node: WatchedNode): Promise<void> {
    let connection: Connection | undefined
    let askedBeforeUs = this.nowUs()
    while (!this.stopped) {
      const startedMs = performance.now()
      const askedUs = this.nowUs()
      try {
        connection = await this.connected(connection, node)
        const { topics } = await connection.request(metadataV8, { topics: this.topics })
        const rows = topics.flatMap(topic =>
          topic.partitions.map(
            (row): SeenPartition => ({
              topic: topic.name,
              partition: row.partition,
              leader: row.leader,
              epoch: row.leaderEpoch,
              isr: row.isr,
              replicas: row.replicas,
            }),
          ),
        )
        this.take(node, rows, askedBeforeUs)
        askedBeforeUs = askedUs
      } catch (error) {
        connection?.kill()
        connection = undefined
        this.lose(node, askedBeforeUs, messageOf(error))
      }
      const restMs = EVERY_MS - (performance.now() - startedMs)
      if (restMs > 0 && !this.stopped) await sleep(restMs)
    }
    connection?.kill()
  }

  private async connected(connection: Connection | undefined, { observer }: WatchedNode): Promise<Connection> {
    if (connection?.isOpen) return connection
    return Connection.open({
      ...parseAddress(observer),
      clientId: 'gauntlet-watch',
      connectTimeoutMs: DEADLINE_MS,
      requestTimeoutMs: DEADLINE_MS,
      ...(this.security ? { security: this.security } : {}),
    })
  }

  private take(node: WatchedNode, rows: readonly SeenPartition[], askedBeforeUs: number): void {
    const known = this.seen.get(node.id) ?? new Map<string, SeenPartition>()
    this.seen.set(node.id, known)
    const changes = rows.filter(row => !isAlike(known.get(keyOf(row)), row))
    for (const row of changes) known.set(keyOf(row), row)
    const returned = this.silent.delete(node.id)
    if (changes.length === 0 && !returned) return
    this.onChange({
      node: node.name,
      atUs: this.nowUs(),
      askedBeforeUs,
      changes,
      ...(returned ? { answers: true } : {}),
    })
  }

  private lose(node: WatchedNode, askedBeforeUs: number, reason: string): void {
    if (this.silent.has(node.id)) return
    this.silent.add(node.id)
    this.onChange({ node: node.name, atUs: this.nowUs(), askedBeforeUs, changes: [], answers: false, reason })
  }
}

const keyOf = ({ topic, partition }: SeenPartition): string => `${topic}/${partition}`

function isAlike(a: SeenPartition | undefined, b: SeenPartition): boolean {
  return (
    a !== undefined &&
    a.leader === b.leader &&
    a.epoch === b.epoch &&
    a.isr.length === b.isr.length &&
    a.isr.every(replica => b.isr.includes(replica)) &&
    a.replicas.join() === b.replicas.join()
  )
}
