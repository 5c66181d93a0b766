// Strikes on schedule, proves each effect, heals in reverse order whatever happens, and reads every heal back.
import { messageOf } from '../core/errors.ts'
import type { Random } from '../core/random.ts'
import type { FaultSpec } from '../scenario/schema/faults.ts'
import type { Fault, FaultPorts, Strike } from './fault.ts'
import { findFault } from './faults/index.ts'
import type { Occurrence } from './schedule.ts'
import { type ClusterView, resolveTarget, type Target } from './target.ts'
import { resolveWorkers } from './workers.ts'

/** What the injector tells: one event per step of a fault, with its times. */
export type FaultEvent = { name: string; atUs: number; detail: Record<string, unknown> }

export type InjectorPorts = {
  faults: FaultPorts
  /** The cluster as it is seen now, with what these targets ask of it. */
  view(wanted: readonly Target[]): Promise<ClusterView>
  random: Random
  nowUs(): number
  /** Resolves at a time of the run's clock, or at once when healing has begun. */
  until(atUs: number): Promise<void>
  emit(event: FaultEvent): void
}

type Chosen = { nodes: number[]; peers: number[]; workers?: string[]; controller: number | undefined }
type Active = {
  id: string
  fault: Fault
  strike: Strike<never>
  healing: Promise<void> | undefined
  injected: Promise<unknown>
}

const PROVE_TRIES = 3
const HEAL_TRIES = 3
const REMAINS_DEADLINE_MS = 10_000
const LOOK_EVERY_MS = 50
const INJECT_GRACE_MS = 10_000

export class Injector {
  private readonly ports: InjectorPorts
  private readonly active: Active[] = []
  private readonly leftovers: string[] = []
  private ending = false

  constructor(ports: InjectorPorts) {
    this.ports = ports
  }

  /** Runs all occurrences to their heal; what could not be done is an event, and the drill is void by it. */
  async run(faults: readonly FaultSpec[], occurrences: readonly Occurrence[], t0Us: number): Promise<void> {
    await Promise.all(
      occurrences.map(async occurrence => {
        const spec = faults.find(fault => fault.index === occurrence.index)
        if (!spec) throw new RangeError(`no fault ${occurrence.index}`)
        await this.ports.until(t0Us + occurrence.atMs * 1000)
        if (this.ending) return
        const active = await this.strike(spec, occurrence)
        if (!active) return
        await this.ports.until(t0Us + occurrence.untilMs * 1000)
        await this.heal(active)
      }),
    )
  }

  /** Ends every fault that still acts, the last one first; returns what could not be healed. */
  async end(): Promise<string[]> {
    this.ending = true
    for (const active of this.active.toReversed()) await this.heal(active)
    return this.leftovers
  }

  private async strike(spec: FaultSpec, { occurrence }: Occurrence): Promise<Active | undefined> {
    const fault = findFault(spec.kind)
    const id = `${spec.index + 1}${spec.times > 1 ? `.${occurrence + 1}` : ''}`
    const plain = { fault: id, kind: spec.kind, target: spec.target.text }
    const wanted = [spec.target, ...(spec.peer ? [spec.peer] : [])]
    const view = await this.ports.view(wanted).catch((error: unknown) => messageOf(error))
    // Whoever ends the faults does not wait for one that has not acted.
    if (this.ending) return undefined
    // From here to the list of active faults without a pause: two that are due at once must see one another.
    const chosen = typeof view === 'string' ? `the cluster could not be looked at: ${view}` : this.choose(spec, view)
    if (typeof chosen === 'string') {
      this.emit('fault.void', { ...plain, reason: chosen })
      return undefined
    }
    const { nodes, peers, workers, controller } = chosen
    let actedUs: number | undefined
    const strike = {
      tag: `fault-${id}-${spec.kind}`,
      nodes,
      peers,
      ...(workers ? { workers } : {}),
      options: spec.options as never,
      ports: this.ports.faults,
      acted: () => {
        actedUs ??= this.ports.nowUs()
      },
    }
    const active: Active = { id, fault, strike, healing: undefined, injected: Promise.resolve() }
    this.active.push(active)
    const orderedUs = this.ports.nowUs()
    const detail = {
      ...plain,
      nodes,
      ...(peers.length > 0 ? { peers } : {}),
      ...(workers ? { workers } : {}),
      ...(controller === undefined ? {} : { controller }),
    }
    const { takesLeaders, fidelity } = fault
    const doesTake = typeof takesLeaders === 'boolean' ? takesLeaders : takesLeaders(strike)
    this.emit('fault.ordered', { ...detail, takesLeaders: doesTake, fidelity })
    try {
      const injecting = fault.inject(strike)
      active.injected = injecting.catch(() => undefined)
      await injecting
      actedUs ??= this.ports.nowUs()
      const evidence = await this.prove(active)
      if (evidence === undefined) this.emit('fault.void', { ...detail, reason: 'it had no effect that could be shown' })
      else this.emit('fault.proven', { ...detail, orderedUs, actedUs, evidence })
    } catch (error) {
      this.emit('fault.void', { ...detail, reason: messageOf(error) })
    }
    return active
  }

  /** The nodes meant now, and no node that another fault already holds. */
  private choose(spec: FaultSpec, view: ClusterView): Chosen | string {
    if (spec.target.kind === 'worker') return this.chooseWorkers(spec.target, view)
    const { controller } = view
    const { needs, untargeted } = findFault(spec.kind)
    // It strikes a topic, whoever leads it.
    if (needs === 'admin' && untargeted === 'always') return { nodes: [], peers: [], controller }
    const nodes = resolveTarget(spec.target, view, this.ports.random)
    if (typeof nodes === 'string') return nodes
    const peers = spec.peer ? resolveTarget(spec.peer, view, this.ports.random) : []
    if (typeof peers === 'string') return peers
    if (nodes.length === 0) return `${spec.target.text} names no node here`
    if (needs === 'nodes') {
      const held = this.active.find(
        other => other.fault.needs === 'nodes' && other.strike.nodes.some(node => nodes.includes(node)),
      )
      if (held) return `node ${held.strike.nodes.join(', ')} is still under fault ${held.id}`
    }
    return { nodes, peers, controller }
  }

  private chooseWorkers(target: Parameters<typeof resolveWorkers>[0], view: ClusterView): Chosen | string {
    const workers = resolveWorkers(target, this.ports.faults.workers?.list() ?? [])
    if (typeof workers === 'string') return workers
    const held = this.active.find(other => other.strike.workers?.some(worker => workers.includes(worker)))
    if (held) return `${target.text} is still under fault ${held.id}`
    return { nodes: [], peers: [], workers, controller: view.controller }
  }

  private async prove({ fault, strike }: Active): Promise<string | undefined> {
    for (let attempt = 1; attempt <= PROVE_TRIES; attempt++) {
      const evidence = await fault.prove(strike)
      if (evidence !== undefined) return evidence
    }
    return undefined
  }

  /** Heals once, whoever asks; tried again where it fails, and read back until nothing remains. */
  private heal(active: Active): Promise<void> {
    active.healing ??= this.healNow(active)
    return active.healing
  }

  private async healNow(active: Active): Promise<void> {
    const { id, fault, strike } = active
    const { nodes, workers } = strike
    const detail = { fault: id, kind: fault.kind, nodes, ...(workers ? { workers } : {}) }
    this.emit('fault.healing', detail)
    // What an act still does would come after its own undoing.
    await within(active.injected, INJECT_GRACE_MS)
    let problem: string | undefined
    for (let attempt = 1; attempt <= HEAL_TRIES; attempt++) {
      try {
        await fault.heal(strike)
        problem = await this.remaining(active)
        if (problem === undefined) break
      } catch (error) {
        problem = messageOf(error)
      }
    }
    this.active.splice(this.active.indexOf(active), 1)
    if (problem === undefined) return this.emit('fault.healed', detail)
    this.leftovers.push(`fault ${id} (${fault.kind}): ${problem}`)
    this.emit('fault.unhealed', { ...detail, reason: problem })
  }

  private async remaining({ fault, strike }: Active): Promise<string | undefined> {
    const until = performance.now() + REMAINS_DEADLINE_MS
    for (;;) {
      const left = await fault.remains(strike)
      if (left === undefined || performance.now() > until) return left
      await new Promise(resolve => setTimeout(resolve, LOOK_EVERY_MS))
    }
  }

  private emit(name: string, detail: Record<string, unknown>): void {
    this.ports.emit({ name, atUs: this.ports.nowUs(), detail })
  }
}

/** Waits for work to end, but not longer than so. */
async function within(work: Promise<unknown>, deadlineMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise(resolve => {
    timer = setTimeout(resolve, deadlineMs)
  })
  await Promise.race([work, late])
  clearTimeout(timer)
}
