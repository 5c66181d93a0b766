// The injector on scripted powers: proof or void, heal in reverse order, every heal read back, and nothing left behind in silence.
import { describe, expect, it } from 'vitest'
import type { FaultPorts } from '../../../src/chaos/fault.ts'
import { type FaultEvent, Injector, type InjectorPorts } from '../../../src/chaos/injector.ts'
import { scheduleFaults } from '../../../src/chaos/schedule.ts'
import type { NodePowers } from '../../../src/cluster/cluster.ts'
import { seededRandom } from '../../../src/core/random.ts'
import type { FaultSpec } from '../../../src/scenario/schema/faults.ts'
import type { Segment } from '../../../src/scenario/schema/load.ts'

type State = 'running' | 'frozen' | 'gone'

/** Nodes that obey, and a list of what was asked of them. */
function scripted(overrides: Partial<NodePowers> = {}) {
  const states = new Map<number, State>([1, 2, 3].map(id => [id, 'running']))
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
    stop: async node => {
      await to('stop', 'gone')(node)
      return 143
    },
    state: async node => states.get(node) ?? 'gone',
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
  return { powers, asked, states }
}

/** Ports of faults on nodes; nothing else is asked of them. */
function portsOf(nodes: NodePowers): FaultPorts {
  const unused = () => Promise.reject(new Error('not of this test'))
  return {
    nodes,
    observerOf: () => '127.0.0.1:1',
    whole: async () => true,
    nodeIds: [1, 2, 3],
    admin: {
      note: unused,
      settled: unused,
      electPreferred: unused,
      electUnclean: unused,
      reassign: unused,
      widen: unused,
    },
    commands: { act: unused, heal: unused, ask: unused },
    seen: () => ({ partitions: [], silent: [] }),
    topicsCalled: () => [],
    tell: () => undefined,
  }
}

function rig(powers: NodePowers, pass: (atUs: number) => Promise<void> = async () => undefined) {
  const events: FaultEvent[] = []
  let clockUs = 0
  const ports: InjectorPorts = {
    faults: portsOf(powers),
    view: async () => ({
      nodes: [1, 2, 3].map(id => ({ id, roles: ['broker'] })),
      controller: 1,
      partitions: [],
    }),
    random: seededRandom(1),
    nowUs: () => clockUs++,
    until: pass,
    emit: event => void events.push(event),
  }
  return {
    injector: new Injector(ports),
    ports,
    events,
    names: () => events.map(event => `${event.name} ${event.detail['fault']}`),
  }
}

const spec = (index: number, kind: string, node: number, atMs = 0): FaultSpec => ({
  index,
  kind,
  phase: 'measure',
  atMs,
  withinMs: 0,
  forMs: 1000,
  everyMs: 0,
  times: 1,
  target: { kind: 'node', node, text: `node ${node}`, notController: false },
  options: {},
})

const at = (index: number, atMs = 0) => ({ index, occurrence: 0, atMs, untilMs: atMs + 1000 })

describe('a fault', () => {
  it('is ordered, proven, healed and read back, in this order', async () => {
    const { powers, asked } = scripted()
    const { injector, names, events } = rig(powers)
    await injector.run([spec(0, 'freeze', 2)], [at(0)], 0)
    expect(names()).toEqual(['fault.ordered 1', 'fault.proven 1', 'fault.healing 1', 'fault.healed 1'])
    expect(asked).toEqual(['freeze 2', 'thaw 2'])
    const proven = events[1]?.detail as { orderedUs: number; actedUs: number }
    expect(proven.actedUs).toBeGreaterThan(proven.orderedUs)
    expect(await injector.end()).toEqual([])
  })

  it('without effect is void, and healed all the same', async () => {
    const { powers, asked } = scripted({ freeze: async () => undefined })
    const { injector, names } = rig(powers)
    await injector.run([spec(0, 'freeze', 2)], [at(0)], 0)
    expect(names()).toEqual(['fault.ordered 1', 'fault.void 1', 'fault.healing 1', 'fault.healed 1'])
    expect(asked).toEqual(['thaw 2'])
  })

  it('whose act fails is void, and healed all the same', async () => {
    const { powers, asked } = scripted({
      kill: () => Promise.reject(new Error('the engine does not answer')),
    })
    const { injector, events, names } = rig(powers)
    await injector.run([spec(0, 'broker-kill', 3)], [at(0)], 0)
    expect(names()).toContain('fault.void 1')
    expect(events.find(event => event.name === 'fault.void')?.detail['reason']).toMatch(/does not answer/)
    expect(asked).toEqual(['start 3'])
  })

  it('on a node that another one holds is void and never acts', async () => {
    const { powers, asked } = scripted()
    let release = () => {}
    const held = new Promise<void>(resolve => {
      release = resolve
    })
    const { injector, names } = rig(powers, async atUs => {
      if (atUs >= 1_000_000) await held
    })
    const running = injector.run([spec(0, 'freeze', 2), spec(1, 'broker-kill', 2)], [at(0), at(1)], 0)
    await expect.poll(() => names()).toContain('fault.void 2')
    release()
    await running
    expect(asked).toEqual(['freeze 2', 'thaw 2'])
  })
})

describe('the end', () => {
  it('heals what still acts, the last one first, and strikes no more', async () => {
    const { powers, asked } = scripted()
    const never = new Promise<void>(() => {})
    const { injector, names } = rig(powers, atUs => (atUs >= 1_000_000 ? never : Promise.resolve()))
    void injector.run([spec(0, 'freeze', 1), spec(1, 'broker-kill', 2)], [at(0), at(1)], 0)
    await expect.poll(() => names().filter(name => name.startsWith('fault.proven'))).toHaveLength(2)
    expect(await injector.end()).toEqual([])
    const heals = asked.filter(what => /thaw|start/.test(what))
    expect(heals).toEqual(
      asked.indexOf('kill 2') > asked.indexOf('freeze 1') ? ['start 2', 'thaw 1'] : ['thaw 1', 'start 2'],
    )
  })

  it('heals only once an act that is under way has ended', async () => {
    let release = () => {}
    const { powers, asked } = scripted()
    const kill = powers.kill
    powers.kill = async node => {
      await new Promise<void>(resolve => (release = resolve))
      await kill(node)
    }
    const { injector, names } = rig(powers)
    void injector.run([spec(0, 'broker-kill', 2)], [at(0)], 0)
    await expect.poll(names).toEqual(['fault.ordered 1'])
    const ended = injector.end()
    await expect.poll(names).toEqual(['fault.ordered 1', 'fault.healing 1'])
    expect(asked).toEqual([])
    release()
    expect(await ended).toEqual([])
    expect(asked).toEqual(['kill 2', 'start 2'])
  })

  it('lets no fault act that was still looking for its target', async () => {
    let seen: (() => void) | undefined
    const { powers, asked } = scripted()
    const { injector, events, ports } = rig(powers)
    const { view } = ports
    ports.view = async wanted => {
      await new Promise<void>(resolve => (seen = resolve))
      return view(wanted)
    }
    const running = injector.run([spec(0, 'freeze', 2)], [at(0)], 0)
    await expect.poll(() => seen).toBeDefined()
    expect(await injector.end()).toEqual([])
    seen?.()
    await running
    expect([asked, events]).toEqual([[], []])
  })

  it('names what cannot be healed', async () => {
    const { powers } = scripted({ thaw: () => Promise.reject(new Error('no such process')) })
    const { injector, names } = rig(powers)
    await injector.run([spec(0, 'freeze', 2)], [at(0)], 0)
    expect(names().at(-1)).toBe('fault.unhealed 1')
    expect(await injector.end()).toEqual(['fault 1 (freeze): no such process'])
  })
})

describe('the schedule', () => {
  const segments = [
    { phase: 'warmup', durationMs: 5000 },
    { phase: 'measure', durationMs: 60_000 },
  ] as Segment[]

  it('counts from the phase, repeats, and draws from the window by seed and repetition', () => {
    const fault = { ...spec(0, 'freeze', 1, 2000), times: 2, everyMs: 10_000, withinMs: 4000 }
    const plan = (repetition: number) => scheduleFaults([fault], segments, { seed: 7, repetition })
    const [first, second] = plan(0)
    expect(first?.atMs).toBeGreaterThanOrEqual(7000)
    expect(first?.atMs).toBeLessThan(11_000)
    expect(second?.atMs).toBeGreaterThanOrEqual(17_000)
    expect((first?.untilMs ?? 0) - (first?.atMs ?? 0)).toBe(1000)
    expect(plan(0)).toEqual(plan(0))
    const draws = new Set(Array.from({ length: 20 }, (_, repetition) => plan(repetition)[0]?.atMs))
    expect(draws.size).toBeGreaterThan(15)
  })

  it('is in order of time', () => {
    const faults = [spec(0, 'freeze', 1, 9000), spec(1, 'freeze', 2, 1000)]
    expect(scheduleFaults(faults, segments, { seed: 1, repetition: 0 }).map(one => one.index)).toEqual([1, 0])
  })
})
