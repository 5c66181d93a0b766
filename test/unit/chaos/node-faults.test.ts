// Faults that go on by themselves: what they ask of nodes in turn, what proves them, and that nothing acts after the heal.
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, vi } from 'vitest'
import type { Fault, FaultPorts, Strike } from '../../../src/chaos/fault.ts'
import { findFault } from '../../../src/chaos/faults/index.ts'
import type { WorkerPowers } from '../../../src/chaos/workers.ts'
import type { LinkPowers, NodePowers } from '../../../src/cluster/cluster.ts'
import { messageOf } from '../../../src/core/errors.ts'

type State = 'running' | 'frozen' | 'gone'

/** Nodes that obey, and a list of what was asked of them. */
function scripted(overrides: Partial<NodePowers> = {}) {
  const states = new Map<number, State>()
  const asked: string[] = []
  const to = (what: string, state: State) => async (node: number) => {
    asked.push(`${what} ${node}`)
    states.set(node, state)
  }
  const powers: NodePowers = {
    freeze: to('freeze', 'frozen'),
    thaw: to('thaw', 'running'),
    kill: to('kill', 'gone'),
    start: to('start', 'running'),
    stop: async () => 143,
    state: async node => states.get(node) ?? 'running',
    limitCpu: async () => undefined,
    unlimitCpu: async () => undefined,
    cpuLimit: async () => undefined,
    cutTails: async () => [],
    failLogDir: async () => undefined,
    restoreLogDir: async () => undefined,
    fillLog: async () => undefined,
    emptyLog: async () => undefined,
    logSpace: async () => ({ totalBytes: 1, freeBytes: 1 }),
    incarnation: async node => `start ${asked.filter(what => what === `start ${node}`).length}`,
    ...overrides,
  }
  return { powers, asked }
}

function strikeOf(powers: NodePowers, options: object, nodes = [2], whole = async () => true): Strike<never> {
  // These faults ask for nothing else.
  const own: Partial<FaultPorts> = { nodes: powers, observerOf: () => undefined, whole }
  const ports = { ...own, nodeIds: [1, 2, 3] } as FaultPorts
  return { tag: 'fault-1', nodes, peers: [], options: options as never, ports, acted: () => undefined }
}

/** Strikes a node that does not stop by itself, in made time: why that failed, and which links were closed. */
async function withDeafBroker(fault: Fault, powers: NodePowers): Promise<{ injected: string; refused: string[] }> {
  const refused: string[] = []
  const links = {
    links: [{ name: 'client-2', target: 2 }],
    refuse: async (_tag: string, names: readonly string[]) => void refused.push(...names),
  } as unknown as LinkPowers
  const strike = strikeOf(powers, {})
  // Every look is five seconds later than the one before.
  let nowMs = 0
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => (nowMs += 5000))
  const ports = { ...strike.ports, links }
  const injected = await fault.inject({ ...strike, ports } as Strike<never>).then(
    () => 'done',
    (error: unknown) => messageOf(error),
  )
  clock.mockRestore()
  return { injected, refused }
}

describe('disk-full', () => {
  const full = findFault('disk-full')
  const MIB = 1024 * 1024

  /** Nodes whose broker ends as soon as nothing is free, unless it is deaf. */
  function volumes({ isDeaf = false, slackBytes = 0 } = {}) {
    const free = new Map<number, number>()
    const nodes = scripted({
      fillLog: async node => {
        free.set(node, slackBytes)
        if (!isDeaf) await nodes.powers.kill(node)
      },
      emptyLog: async node => void free.delete(node),
      logSpace: async node => ({ totalBytes: 64 * MIB, freeBytes: free.get(node) ?? 40 * MIB }),
    })
    return { ...nodes, free }
  }

  it('is proven by a volume without room and a broker that stopped; gives room before it starts the broker', async () => {
    const { powers, asked, free } = volumes()
    const strike = strikeOf(powers, {})
    expect(await full.prove(strike)).toBeUndefined()
    await full.inject(strike)
    expect(await full.prove(strike)).toBe('nothing free on the log volume, and stopped by itself')
    expect(await full.remains(strike)).toBe('a log volume is full')
    await full.heal(strike)
    expect([asked, free.size]).toEqual([['kill 2', 'start 2'], 0])
    expect(await full.remains(strike)).toBeUndefined()
  })

  it('is void where something is left free', async () => {
    const strike = strikeOf(volumes({ slackBytes: MIB }).powers, {})
    await expect(full.inject(strike)).rejects.toThrow('still free: 1 MiB on node 2')
  })

  it('is unproven while the broker runs on', async () => {
    const { powers } = volumes({ isDeaf: true })
    const strike = strikeOf(powers, {})
    await powers.fillLog(2)
    expect(await full.prove(strike)).toBeUndefined()
  })

  it('fails where the broker still runs after 30 s, and closes no link of it', async () => {
    const { injected, refused } = await withDeafBroker(full, volumes({ isDeaf: true }).powers)
    expect(injected).toBe(
      'node 2 is running 30 s after nothing was left free on its log volume: the broker did not stop itself',
    )
    expect(refused).toEqual([])
  })
})

describe('log-dir-failure', () => {
  it('fails where the broker still runs after 30 s, and closes no link of it', async () => {
    const { injected, refused } = await withDeafBroker(findFault('log-dir-failure'), scripted().powers)
    expect(injected).toBe(
      'node 2 is running 30 s after its log directory was taken away: the broker did not stop itself',
    )
    expect(refused).toEqual([])
  })
})

describe('pause-hammer', () => {
  const hammer = findFault('pause-hammer')

  it('freezes and thaws in turn until it is healed, and never after', async () => {
    const { powers, asked } = scripted()
    const strike = strikeOf(powers, { pause: 5, gap: 5 })
    await hammer.inject(strike)
    expect(asked).toEqual(['freeze 2'])
    expect(await hammer.prove(strike)).toMatch(/frozen and as running in turn, \d+ times/)
    await hammer.heal(strike)
    expect(await hammer.remains(strike)).toBeUndefined()
    expect(asked.slice(0, 4)).toEqual(['freeze 2', 'thaw 2', 'freeze 2', 'thaw 2'])
    const after = asked.length
    await sleep(30)
    expect(asked).toHaveLength(after)
    expect(asked.at(-1)).toBe('thaw 2')
  })

  it('of a node that does not freeze fails, and one that stays frozen is not proven', async () => {
    await expect(hammer.inject(strikeOf(scripted({ freeze: async () => undefined }).powers, {}))).rejects.toThrow(
      'node 2 is running, not frozen',
    )
    const { powers } = scripted({ thaw: async () => undefined })
    const stuck = strikeOf(powers, { pause: 1, gap: 1 })
    await hammer.inject(stuck)
    expect(await hammer.prove(stuck)).toBeUndefined()
    await hammer.heal(stuck)
    expect(await hammer.remains(stuck)).toBe('node 2 is frozen')
  })
})

describe('fast-bounce', () => {
  const bounce = findFault('fast-bounce')

  it('is proven by another start than before', async () => {
    const { powers, asked } = scripted()
    const strike = strikeOf(powers, { after: 1 })
    await bounce.inject(strike)
    expect(await bounce.prove(strike)).toBe('started anew: start 0, now start 1')
    await bounce.heal(strike)
    expect(asked.slice(0, 2)).toEqual(['kill 2', 'start 2'])
    const same = strikeOf(scripted({ incarnation: async () => 'pid 7' }).powers, { after: 1 })
    await bounce.inject(same)
    expect(await bounce.prove(same)).toBeUndefined()
  })

  it('that is healed while the node is down starts it once, at the heal', async () => {
    const { powers, asked } = scripted()
    const strike = strikeOf(powers, { after: 60_000 })
    const injecting = bounce.inject(strike)
    await expect.poll(() => asked).toContain('kill 2')
    await sleep(5)
    await bounce.heal(strike)
    await injecting
    expect(asked).toEqual(['kill 2', 'start 2'])
    expect(await bounce.prove(strike)).toBeUndefined()
  })
})

describe('faults on workers', () => {
  /** A consumer and a producer that obey. */
  function crewed() {
    const states = new Map<string, State>()
    const asked: string[] = []
    const to = (what: string, state: State) => async (worker: string) => {
      asked.push(`${what} ${worker}`)
      states.set(worker, state)
    }
    const workers: WorkerPowers = {
      list: () => [
        { worker: 'billing-0', group: 'billing', role: 'consumer' },
        { worker: 'web-0', group: 'web', role: 'producer' },
      ],
      freeze: to('freeze', 'frozen'),
      thaw: to('thaw', 'running'),
      kill: to('kill', 'gone'),
      start: to('start', 'running'),
      state: async worker => states.get(worker) ?? 'running',
    }
    const strike = strikeOf(scripted().powers, {})
    return { asked, strike: { ...strike, workers: ['billing-0', 'web-0'], ports: { ...strike.ports, workers } } }
  }

  it('freeze and thaw them, and both are read back', async () => {
    const { asked, strike } = crewed()
    const fault = findFault('worker-freeze')
    expect(await fault.prove(strike)).toBeUndefined()
    await fault.inject(strike)
    expect(await fault.prove(strike)).toBe('billing-0, web-0 read back as stopped')
    expect(await fault.remains(strike)).toBe('billing-0 is frozen, web-0 is frozen')
    await fault.heal(strike)
    expect(await fault.remains(strike)).toBeUndefined()
    expect(asked).toEqual(['freeze billing-0', 'freeze web-0', 'thaw billing-0', 'thaw web-0'])
  })

  it('kill them, and bring back consumers only', async () => {
    const { asked, strike } = crewed()
    const fault = findFault('worker-kill')
    await fault.inject(strike)
    expect(await fault.prove(strike)).toBe('billing-0, web-0 ended by SIGKILL')
    expect(await fault.remains(strike)).toBe('billing-0 is gone')
    await fault.heal(strike)
    expect(await fault.remains(strike)).toBeUndefined()
    expect(asked).toEqual(['kill billing-0', 'kill web-0', 'start billing-0'])
  })
})

describe('rolling-restart', () => {
  const rolling = findFault('rolling-restart')

  it('restarts one node after the other, each when all is whole again', async () => {
    const { powers, asked } = scripted()
    const strike = strikeOf(powers, {}, [1, 2, 3])
    await rolling.inject(strike)
    expect(asked).toEqual(['start 1', 'start 2', 'start 3'])
    expect(await rolling.prove(strike)).toBe('node 1, node 2, node 3 restarted in order (exit code 143)')
  })

  it('stops no further node once it is healed, however long the last one takes to come back', async () => {
    const { powers, asked } = scripted()
    const strike = strikeOf(powers, {}, [1, 2, 3], () => new Promise(() => undefined))
    const injected = rolling.inject(strike)
    while (asked.length === 0) await sleep(1)
    await rolling.heal(strike)
    await injected
    expect(asked).toEqual(['start 1'])
    expect(await rolling.prove(strike)).toBeUndefined()
    expect(await rolling.remains(strike)).toBeUndefined()
  })
})
