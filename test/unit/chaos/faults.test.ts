// Faults that act by requests, by commands or by somebody's hand, on scripted ports: what they order, what proves them, what is left.
import { describe, expect, it } from 'vitest'
import type { FaultPorts, Strike } from '../../../src/chaos/fault.ts'
import { findFault } from '../../../src/chaos/faults/index.ts'
import type { SeenPartition } from '../../../src/chaos/watch.ts'
import { NO_POWERS } from '../../../src/run/fault-ports.ts'
import { linksBetween } from '../../../src/topology/links.ts'

const ROWS: readonly SeenPartition[] = [0, 1, 2].map(partition => {
  const replicas = [1, 2, 3].map((_, i) => ((partition + i) % 3) + 1)
  return { topic: 'run-orders', partition, leader: replicas[0] ?? 0, epoch: 1, isr: replicas, replicas }
})

type Ordered = { name: string; partitions: readonly { partition: number; replicas: readonly number[] | null }[] }[]

/** A controller that obeys at once, and a watch that sees it. */
function scripted(overrides: Partial<FaultPorts> = {}) {
  const rows = ROWS.map(row => ({ ...row }))
  const asked: string[] = []
  const noted: string[] = []
  const silent: number[] = []
  const told: string[] = []
  const at = (partition: number) => rows.find(row => row.partition === partition)
  const ports: FaultPorts = {
    nodes: NO_POWERS,
    observerOf: () => undefined,
    whole: async () => true,
    nodeIds: [1, 2, 3],
    admin: {
      note: async (_, before) => void noted.push(`noted ${before.length} after ${asked.length} orders`),
      settled: async () => void noted.push(`settled after ${asked.length} orders`),
      electPreferred: async topics => {
        for (const partition of topics.flatMap(topic => topic.partitions)) {
          const row = at(partition)
          if (!row || row.leader === row.replicas[0]) continue
          Object.assign(row, { leader: row.replicas[0], epoch: row.epoch + 1 })
        }
      },
      electUnclean: async topics => {
        for (const partition of topics.flatMap(topic => topic.partitions)) {
          asked.push(`unclean ${partition}`)
          Object.assign(at(partition) ?? {}, { leader: 3, epoch: 3, isr: [3] })
        }
      },
      reassign: async topics => {
        asked.push(shown(topics as Ordered))
        for (const { partition, replicas } of topics.flatMap(topic => topic.partitions))
          Object.assign(at(partition) ?? {}, { replicas: replicas ?? [], isr: replicas ?? [] })
      },
      widen: async (topic, partitions) => {
        asked.push(`${topic} ${partitions}`)
        for (let partition = rows.length; partition < partitions; partition++)
          rows.push({ topic, partition, leader: 1, epoch: 0, isr: [1], replicas: [1] })
      },
    },
    commands: {
      act: async (_tag, command) => ({ exitCode: command[0] === 'true' ? 0 : 3, output: 'said' }),
      heal: async (_tag, command) => ({ exitCode: command[0] === 'true' ? 0 : 3, output: 'said' }),
      ask: async command => ({ exitCode: command[0] === 'true' ? 0 : 1, output: '' }),
    },
    seen: () => ({ partitions: rows.map(row => ({ ...row })), silent }),
    topicsCalled: declared => (declared === 'orders' ? ['run-orders'] : []),
    tell: text => void told.push(text),
    ...overrides,
  }
  return { ports, asked, noted, rows, silent, told }
}

const shown = (topics: Ordered): string =>
  topics.flatMap(topic => topic.partitions.map(one => `${one.partition}:${one.replicas?.join('')}`)).join(' ')

function strikeOf(kind: string, ports: FaultPorts, options: object, nodes: number[] = [2]) {
  let acted = 0
  const strike = {
    tag: `fault-1-${kind}`,
    nodes,
    peers: [],
    options,
    ports,
    acted: () => void acted++,
  } as unknown as Strike<never>
  return { fault: findFault(kind), strike, acted: () => acted }
}

describe('leadership-churn', () => {
  it('moves every leader on, shows it, and puts the order of replicas back', async () => {
    const { ports, asked, noted, rows } = scripted()
    const { fault, strike } = strikeOf('leadership-churn', ports, { topic: 'orders', pause: 60_000 })
    await fault.inject(strike)
    expect(asked).toEqual(['0:231 1:312 2:123'])
    expect(rows.map(row => row.leader)).toEqual([2, 3, 1])
    expect(await fault.prove(strike)).toMatch(/higher epochs: run-orders-0, run-orders-1, run-orders-2/)
    expect(await fault.remains(strike)).toMatch(/other replicas than before/)
    await fault.heal(strike)
    expect(rows.map(row => row.replicas)).toEqual(ROWS.map(row => row.replicas))
    expect(rows.map(row => row.leader)).toEqual([1, 2, 3])
    expect(noted).toEqual(['noted 3 after 0 orders', 'settled after 2 orders'])
    expect(await fault.remains(strike)).toBeUndefined()
  })

  it('does nothing to partitions with one replica', async () => {
    const rows = ROWS.map(row => ({ ...row, replicas: [row.leader] }))
    const { ports } = scripted({ seen: () => ({ partitions: rows, silent: [] }) })
    const { fault, strike } = strikeOf('leadership-churn', ports, { topic: 'orders', pause: 60_000 })
    await expect(fault.inject(strike)).rejects.toThrow(/no partition/)
  })
})

describe('isr-churn', () => {
  it('takes a follower away where it is none of the leaders, and gives it back round by round', async () => {
    const { ports, asked } = scripted()
    const { fault, strike } = strikeOf('isr-churn', ports, { topic: 'orders', pause: 1 })
    await fault.inject(strike)
    expect(asked[0]).toBe('0:13 2:31')
    await expect.poll(() => asked.length).toBeGreaterThan(2)
    expect(asked[1]).toBe('0:123 2:312')
    await fault.heal(strike)
    expect(asked.at(-1)).toBe('0:123 2:312')
    const rounds = asked.length
    expect(await fault.remains(strike)).toBeUndefined()
    await new Promise(resolve => setTimeout(resolve, 20))
    expect(asked).toHaveLength(rounds)
  })

  it('is proven by a smaller ISR only', async () => {
    const { ports, rows } = scripted()
    const { fault, strike } = strikeOf('isr-churn', ports, { topic: 'orders', pause: 60_000 })
    await fault.inject(strike)
    expect(await fault.prove(strike)).toMatch(/no longer among the replicas of run-orders-0, run-orders-2/)
    for (const row of rows) row.isr = [1, 2, 3]
    expect(await fault.prove(strike)).toBeUndefined()
  })
})

it('partition-increase is proven when every new partition has a leader', async () => {
  const { ports, asked, rows } = scripted()
  const { fault, strike } = strikeOf('partition-increase', ports, { topic: 'orders', to: 5 })
  await fault.inject(strike)
  expect(asked).toEqual(['run-orders 5'])
  expect(await fault.prove(strike)).toBe('5 partitions with a leader')
  Object.assign(rows[4] ?? {}, { leader: -1 })
  expect(await fault.prove(strike)).toBeUndefined()
})

describe('unclean-election', () => {
  const options = { topic: 'orders', patience: 500 }

  it('orders for partitions without a leader, and only for those; proven by a leader that was not in sync', async () => {
    const { ports, asked, rows } = scripted()
    const { fault, strike, acted } = strikeOf('unclean-election', ports, options)
    const injected = fault.inject(strike)
    expect([asked, acted()]).toEqual([[], 0])
    Object.assign(rows[1] ?? {}, { leader: -1, epoch: 2, isr: [2] })
    expect(await fault.remains(strike)).toBe('without a leader: run-orders-1')
    await injected
    expect([asked, acted()]).toEqual([['unclean 1'], 1])
    expect(await fault.prove(strike)).toBe('leaders that were not in sync: node 3 of run-orders-1')
    await fault.heal(strike)
    expect(await fault.remains(strike)).toBeUndefined()
  })

  it('is void where every partition has a leader, and unproven where the old leader came back first', async () => {
    const { ports, asked, rows } = scripted()
    const idle = strikeOf('unclean-election', ports, { ...options, patience: 1 })
    await expect(idle.fault.inject(idle.strike)).rejects.toThrow(/every partition has a leader/)
    expect(asked).toEqual([])
    Object.assign(rows[1] ?? {}, { leader: -1, epoch: 2, isr: [2] })
    const { fault, strike } = strikeOf('unclean-election', ports, options)
    await fault.inject(strike)
    Object.assign(rows[1] ?? {}, { leader: 2, epoch: 3, isr: [2] })
    expect(await fault.prove(strike)).toBeUndefined()
  })
})

describe('manual', () => {
  const options = { do: 'pull the plug', undo: 'plug it in', shows: 'unreachable', patience: 2000 }

  it('waits for what the observer must see, marks that moment, and asks for the undoing', async () => {
    const { ports, silent, told } = scripted()
    const { fault, strike, acted } = strikeOf('manual', ports, options)
    const injected = fault.inject(strike)
    await expect.poll(() => told).toEqual(['NOW: pull the plug'])
    expect([acted(), await fault.prove(strike)]).toEqual([0, undefined])
    silent.push(2)
    await injected
    expect([acted(), await fault.prove(strike)]).toEqual([1, 'node 2 does not answer the observer'])
    const healed = fault.heal(strike)
    await expect.poll(() => told.at(-1)).toBe('NOW: plug it in')
    silent.length = 0
    await healed
    expect(await fault.remains(strike)).toBeUndefined()
  })

  it('is void where it was so before, and remains where nobody undoes it', async () => {
    const { ports, silent } = scripted()
    silent.push(2)
    const { fault, strike } = strikeOf('manual', ports, { ...options, patience: 1 })
    await expect(fault.inject(strike)).rejects.toThrow(/it was so before/)
    await fault.heal(strike)
    expect(await fault.remains(strike)).toMatch(/does not answer/)
  })

  it.each([
    ['leader-change', (row: SeenPartition) => ({ ...row, leader: row.leader === 2 ? 3 : row.leader }), 'leads none'],
    ['isr-shrink', (row: SeenPartition) => ({ ...row, isr: row.isr.filter(id => id !== 2) }), 'not in sync in 3 of 3'],
  ])('sees %s', async (shows, change, evidence) => {
    const before = scripted()
    const { fault, strike } = strikeOf('manual', before.ports, { ...options, shows })
    expect(await fault.prove(strike)).toBeUndefined()
    const { ports } = scripted({ seen: () => ({ partitions: ROWS.map(change), silent: [] }) })
    expect(await fault.prove({ ...strike, ports })).toContain(evidence)
  })
})

describe('exec', () => {
  const options = { inject: ['true'], heal: ['true'], prove: ['true'], patience: 1000 }

  it('acts, is proven by its command, and remains while that still succeeds', async () => {
    const { fault, strike } = strikeOf('exec', scripted().ports, options)
    await fault.inject(strike)
    expect(await fault.prove(strike)).toBe('true ended with 0')
    await fault.heal(strike)
    expect(await fault.remains(strike)).toBe('true still ends with 0')
    const gone = strikeOf('exec', scripted().ports, { ...options, prove: ['false'] })
    expect([await gone.fault.prove(gone.strike), await gone.fault.remains(gone.strike)]).toEqual([undefined, undefined])
  })

  it('fails with its commands', async () => {
    const { fault, strike } = strikeOf('exec', scripted().ports, { ...options, inject: ['no'], heal: ['no'] })
    await expect(fault.inject(strike)).rejects.toThrow('no ended with exit code 3: said')
    await expect(fault.heal(strike)).rejects.toThrow('no ended with exit code 3: said')
  })
})

describe('cuts', () => {
  /** Streams that a fault touches on three combined nodes. */
  async function touched(kind: string, options: object, nodes: number[], peers: number[] = []): Promise<string[]> {
    const nodesOf = [1, 2, 3].map(id => ({ id, roles: ['broker', 'controller'] }))
    const asked: string[] = []
    const links = {
      links: linksBetween(nodesOf as never),
      rebuilt: 0,
      poison: async (_: string, flows: readonly { link: string; stream: string }[], toxic: { type: string }) =>
        void asked.push(...flows.map(({ link, stream }) => `${link} ${stream} ${toxic.type}`)),
      refuse: async (_: string, names: readonly string[]) => void asked.push(...names.map(name => `${name} refused`)),
      cure: async () => undefined,
      read: async () => [],
      entrance: () => '127.0.0.1:1',
    }
    const { ports } = scripted({ links })
    const { fault, strike } = strikeOf(kind, ports, options, nodes)
    await fault.inject({ ...strike, peers })
    return asked.sort()
  }
  const both = (link: string): string[] => [`${link} downstream timeout`, `${link} upstream timeout`]

  it('link-cut takes everything of a node, its clients among it', async () => {
    const all = { links: ['internal', 'controller', 'client'], flavour: 'blackhole' }
    const names = [
      'client-2',
      ...['internal', 'controller'].flatMap(plane => ['1-2', '2-1', '2-3', '3-2'].map(pair => `${plane}-${pair}`)),
    ]
    expect(await touched('link-cut', all, [2])).toEqual(names.flatMap(both).sort())
  })

  it('link-cut with a peer takes that pair alone, in every flavour', async () => {
    const pair = (flavour: string) => touched('link-cut', { links: ['internal', 'client'], flavour }, [1], [3])
    expect(await pair('blackhole')).toEqual(['internal-1-3', 'internal-3-1'].flatMap(both))
    expect(await pair('stall')).toContain('internal-1-3 upstream bandwidth')
    expect(await pair('refuse')).toEqual(['internal-1-3 refused', 'internal-3-1 refused'])
  })

  it('one-way-cut takes the streams that leave, or those that arrive', async () => {
    const way = (direction: string) =>
      touched('one-way-cut', { links: ['internal'], direction, flavour: 'blackhole' }, [1], [2])
    expect(await way('out')).toEqual(['internal-1-2 upstream timeout', 'internal-2-1 downstream timeout'])
    expect(await way('in')).toEqual(['internal-1-2 downstream timeout', 'internal-2-1 upstream timeout'])
  })

  it('bridge parts the two others', async () => {
    const parted = await touched('bridge', { links: ['internal', 'controller'], flavour: 'blackhole' }, [2])
    expect(parted).toEqual(['controller-1-3', 'controller-3-1', 'internal-1-3', 'internal-3-1'].flatMap(both))
  })

  it('ring lets no node hear the next', async () => {
    const deaf = await touched('ring', { links: ['internal'] }, [1, 2, 3])
    expect(deaf).toEqual(
      [
        ...['1-2', '2-3', '3-1'].map(pair => `internal-${pair} downstream timeout`),
        ...['2-1', '3-2', '1-3'].map(pair => `internal-${pair} upstream timeout`),
      ].sort(),
    )
  })
})
