// Starts, watches and stops the worker processes of a trial; a worker that ends or fails early ends the trial.
import { type ChildProcess, fork } from 'node:child_process'
import { HarnessError } from '../core/errors.ts'
import { startOf } from '../drivers/capabilities.ts'
import { pathOfLife } from '../recording/places.ts'
import type { ConsumerWorkerSpec, FromWorker, Position, ToWorker, WorkerSpec } from './messages.ts'
import { pin } from './pin.ts'
import type { IntervalReport } from './recorder.ts'

const WORKER_URL = new URL(`./worker${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url)
const CLOSE_MS = 6000

export type CrewPorts = {
  onInterval(spec: WorkerSpec, report: IntervalReport): void
  onEvent(spec: WorkerSpec, atUs: number, name: string, detail: Record<string, unknown>): void
}

/** `marks` is what the environment of one worker has besides. */
type CrewOptions = {
  environment: NodeJS.ProcessEnv
  cpuset?: string | undefined
  marks?: (worker: string) => NodeJS.ProcessEnv
}

type Member = {
  spec: WorkerSpec
  child: ChildProcess
  positions: Position[]
  assigned: { topic: number; partition: number }[] | undefined
  /** Who waits for the next message of a type: several may, as the observer and the drain both ask for positions. */
  waiting: Map<FromWorker['type'], (() => void)[]>
  seen: Set<FromWorker['type']>
  closing: boolean
  /** frozen: nobody waits for its answers meanwhile; killed: nobody does any more. Both were ordered by a fault. */
  held: 'no' | 'frozen' | 'killed'
}

export class Crew {
  private readonly members: Member[] = []
  private readonly ports: CrewPorts
  private readonly environment: NodeJS.ProcessEnv
  private readonly cpuset: string | undefined
  private readonly marks: (worker: string) => NodeJS.ProcessEnv
  private t0Us = 0
  private fail: (error: unknown) => void = () => undefined
  /** Rejects when a worker fails; never resolves. */
  readonly failed: Promise<never>

  constructor(ports: CrewPorts, options: CrewOptions) {
    this.ports = ports
    this.environment = options.environment
    this.cpuset = options.cpuset
    this.marks = options.marks ?? (() => ({}))
    this.failed = new Promise((_, reject) => {
      this.fail = reject
    })
    this.failed.catch(() => undefined)
  }

  /** Starts workers and waits until each has opened its client. */
  async open(specs: readonly WorkerSpec[], begun?: { t0Us: number; fromUs: number }): Promise<void> {
    const started = specs.map(spec => this.fork(spec))
    for (const member of started) this.say(member, { type: 'open', spec: member.spec, ...(begun ? { begun } : {}) })
    await this.all(started, 'opened')
  }

  /** Resolves once the members of every group own all partitions their group reads. */
  async assigned(partitionsOf: (groupId: string) => number, deadlineMs: number, now: () => number): Promise<void> {
    const until = now() + deadlineMs
    const complete = (): boolean => {
      const owned = new Map<string, number>()
      for (const { spec, assigned } of this.members) {
        if (spec.role === 'consumer') owned.set(spec.groupId, (owned.get(spec.groupId) ?? 0) + (assigned?.length ?? 0))
      }
      return [...owned].every(([groupId, count]) => count === partitionsOf(groupId))
    }
    while (!complete()) {
      if (now() > until)
        throw new HarnessError({
          code: 'E501',
          message: 'consumer groups did not own all partitions in time',
          hint: 'look at group.join events and the brokers’ logs',
        })
      await this.orFailure(new Promise(resolve => setTimeout(resolve, 20)))
    }
  }

  start(t0Us: number): void {
    this.t0Us = t0Us
    for (const member of this.members) this.say(member, { type: 'start', t0Us })
  }

  /** Resolves when every producer has offered its whole schedule. */
  scheduleDone(): Promise<void> {
    return this.all(this.of('producer'), 'scheduleDone')
  }

  /** Tells workers of one role to finish, and waits until they have. */
  async finish(role: WorkerSpec['role'], deadlineUs: number): Promise<void> {
    for (const member of this.of(role)) this.say(member, { type: 'finish', deadlineUs })
    await this.all(this.of(role), 'finished')
  }

  /** Asks every consumer how far it has read; the answer is the largest next offset per group, topic and partition. */
  async positions(): Promise<Map<string, Map<string, number>>> {
    const readers = this.of('consumer')
    const asked = readers.filter(member => member.held === 'no')
    for (const member of asked) {
      member.seen.delete('positions')
      this.say(member, { type: 'locate' })
    }
    await this.all(asked, 'positions')
    const groups = new Map<string, Map<string, number>>()
    for (const { spec, positions } of readers) {
      if (spec.role !== 'consumer') continue
      const group = groups.get(spec.groupId) ?? new Map<string, number>()
      groups.set(spec.groupId, group)
      for (const { topic, partition, next } of positions) {
        const place = `${spec.topics[topic]?.name}:${partition}`
        group.set(place, Math.max(group.get(place) ?? 0, next))
      }
    }
    return groups
  }

  /** Workers that have not been killed, with their processes. */
  workers(): { spec: WorkerSpec; pid: number }[] {
    return this.members.flatMap(({ spec, child, held }) =>
      child.pid === undefined || held === 'killed' ? [] : [{ spec, pid: child.pid }],
    )
  }

  /** Told before a fault freezes a worker, and after it has thawed: what it read until then stands for it meanwhile. */
  hold(worker: string, isFrozen: boolean): void {
    const member = this.living(worker)
    member.held = isFrozen ? 'frozen' : 'no'
    if (isFrozen) this.release(member, 'positions')
  }

  /** Ends a worker by SIGKILL, as a fault ordered; nobody waits for it any more. */
  async kill(worker: string): Promise<void> {
    const member = this.living(worker)
    member.held = 'killed'
    const gone = new Promise<void>(resolve => member.child.once('exit', () => resolve()))
    member.child.kill('SIGKILL')
    await gone
    for (const type of [...member.waiting.keys()]) this.release(member, type)
  }

  /** Starts a killed reader anew under its name, in the middle of the load. */
  async revive(worker: string, nowUs: number): Promise<void> {
    const lives = this.members.filter(({ spec }) => spec.worker === worker)
    const [first] = lives
    if (!first || lives.at(-1)?.held !== 'killed') throw new RangeError(`worker ${worker} was not killed`)
    const spec = first.spec.role === 'consumer' ? inLife(first.spec, lives.length + 1) : first.spec
    await this.open([spec], { t0Us: this.t0Us, fromUs: nowUs })
  }

  private living(worker: string): Member {
    const member = this.members.find(({ spec, held }) => spec.worker === worker && held !== 'killed')
    if (!member) throw new RangeError(`no worker ${worker} runs`)
    return member
  }

  /** Topics a group reads. */
  topicsOf(groupId: string): string[] {
    return this.readerOf(groupId)?.topics.map(topic => topic.name) ?? []
  }

  /** A group's name in the scenario. */
  nameOf(groupId: string): string {
    return this.readerOf(groupId)?.group ?? groupId
  }

  /** First offset of the trial for a group's partition. */
  beginOf(groupId: string, topic: string, partition: number): number {
    const spec = this.readerOf(groupId)
    const index = spec?.topics.findIndex(candidate => candidate.name === topic) ?? -1
    return spec?.beginOffsets[index]?.[partition] ?? 0
  }

  /** Topics that members write in transactions. */
  targets(): string[] {
    return [
      ...new Set(
        this.members.flatMap(({ spec }) =>
          spec.role === 'consumer' && spec.transform ? [spec.transform.target.name] : [],
        ),
      ),
    ]
  }

  readsCommitted(groupId: string): boolean {
    return this.readerOf(groupId)?.settings['isolation.level'] === 'read_committed'
  }

  private readerOf(groupId: string): ConsumerWorkerSpec | undefined {
    return this.members
      .map(member => member.spec)
      .find((spec): spec is ConsumerWorkerSpec => spec.role === 'consumer' && spec.groupId === groupId)
  }

  /** Ends every worker: asked first, killed after a deadline. */
  async close(): Promise<void> {
    await Promise.all(
      this.members.map(async member => {
        member.closing = true
        const { child } = member
        if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
        const gone = new Promise<void>(resolve => child.once('exit', () => resolve()))
        this.say(member, { type: 'close' })
        const timer = setTimeout(() => child.kill('SIGKILL'), CLOSE_MS)
        await gone
        clearTimeout(timer)
      }),
    )
  }

  private of(role: WorkerSpec['role']): Member[] {
    return this.members.filter(member => member.spec.role === role)
  }

  private fork(spec: WorkerSpec): Member {
    const { options, environment } = startOf(spec.driver)
    const child = fork(WORKER_URL, {
      execArgv: [...options],
      serialization: 'advanced',
      env: { ...environment, ...this.environment, ...this.marks(spec.worker) },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    const member: Member = {
      spec,
      child,
      positions: [],
      assigned: undefined,
      waiting: new Map(),
      seen: new Set(),
      closing: false,
      held: 'no',
    }
    const unpinned = this.cpuset && child.pid ? pin(spec.worker, this.cpuset, child.pid) : undefined
    if (unpinned) this.fail(unpinned)
    let lastWords = ''
    child.stderr?.on('data', (chunk: Buffer) => {
      lastWords = (lastWords + chunk.toString()).slice(-2000)
    })
    child.on('message', message => this.hear(member, message as FromWorker))
    child.on('error', error => {
      if (child.pid === undefined)
        this.fail(new HarnessError({ code: 'E501', message: `worker ${spec.worker} did not start: ${error.message}` }))
    })
    child.on('exit', (code, signal) => {
      if (member.closing || member.held === 'killed') return
      const how = signal ? `by ${signal}` : `with code ${code}`
      const words = lastWords.trim().split('\n').at(-1)
      this.fail(
        new HarnessError({
          code: 'E501',
          message: `worker ${spec.worker} ended ${how}${words ? `: ${words}` : ''}`,
          hint: 'see events.ndjson of the trial',
        }),
      )
    })
    this.members.push(member)
    return member
  }

  private say(member: Member, message: ToWorker): void {
    if (member.child.connected) member.child.send(message, () => undefined)
  }

  private hear(member: Member, message: FromWorker): void {
    switch (message.type) {
      case 'interval':
        for (const report of message.reports) this.ports.onInterval(member.spec, report)
        return
      case 'event':
        return this.ports.onEvent(member.spec, message.atUs, message.name, message.detail)
      case 'failed':
        return this.fail(
          new HarnessError({ code: 'E501', message: `worker ${member.spec.worker}: ${message.message}` }),
        )
      case 'positions':
        member.positions = message.positions
        break
      case 'assigned':
        member.assigned = message.partitions
        break
      case 'opened':
      case 'scheduleDone':
      case 'finished':
        break
    }
    member.seen.add(message.type)
    this.release(member, message.type)
  }

  /** Lets everybody go on who waits for this message. */
  private release(member: Member, type: FromWorker['type']): void {
    const waiting = member.waiting.get(type) ?? []
    member.waiting.delete(type)
    for (const resolve of waiting) resolve()
  }

  private all(members: readonly Member[], type: FromWorker['type']): Promise<void> {
    const each = members.map(member =>
      member.seen.has(type) || member.held === 'killed'
        ? Promise.resolve()
        : new Promise<void>(resolve => member.waiting.set(type, [...(member.waiting.get(type) ?? []), resolve])),
    )
    return this.orFailure(Promise.all(each).then(() => undefined))
  }

  private orFailure<T>(work: Promise<T>): Promise<T> {
    return Promise.race([work, this.failed])
  }
}

/** What a member is told when it is started again: its earlier lives keep their own files. */
function inLife(spec: ConsumerWorkerSpec, life: number): ConsumerWorkerSpec {
  const { history, transform } = spec
  return {
    ...spec,
    life: life - 1,
    ...(history ? { history: { ...history, path: pathOfLife(history.path, life) } } : {}),
    ...(transform ? { transform: { ...transform, ledgerPath: pathOfLife(transform.ledgerPath, life) } } : {}),
  }
}
