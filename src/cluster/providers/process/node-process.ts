// One process of our own, a node's JVM or a proxy: started, watched, stopped, frozen; journaled before it exists and known by number and start time.
import { type ChildProcess, spawn } from 'node:child_process'
import { open } from 'node:fs/promises'
import { HarnessError } from '../../../core/errors.ts'
import type { TopologyNode } from '../../../topology/topology.ts'
import type { Journal } from '../../journal.ts'
import { isAlive, readProcess } from '../../proc.ts'
import { waitUntil } from '../../wait.ts'
import { type NodeFiles, nodeLabel } from './files.ts'

export type Ended = { exitCode: number | null; signal: string | null }

const SIGNAL_DEADLINE_MS = 3000
/** Kafka hands its partitions over in an orderly stop, which may take long. */
const STOP_DEADLINE_MS = 120_000

export type ProcessSetup = {
  /** In the journal, and in the environment as the mark of whose it is. */
  name: string
  home: string
  console: string
  /** The file to look at when something is wrong. */
  log: string
  command: string[]
  env: NodeJS.ProcessEnv
  journal: Journal
  detach: boolean
}

export class OwnProcess {
  /** Set where the process ended without being told to. */
  endedByItself: Ended | undefined
  private readonly setup: ProcessSetup
  private current: { child: ChildProcess; pid: number; startTicks: number; ended: Promise<Ended> } | undefined
  private expectEnd = false

  constructor(setup: ProcessSetup) {
    this.setup = setup
  }

  get pid(): number | undefined {
    return this.current?.pid
  }

  /** Its number and its start time name one process for good. */
  get incarnation(): string {
    return this.current ? `pid ${this.current.pid} of tick ${this.current.startTicks}` : 'never started'
  }

  /** Starts the JVM; resolves once the process exists, long before the broker is ready. */
  async start(): Promise<void> {
    if (this.state() !== 'gone') return
    const { journal, name, env } = this.setup
    const intent = await journal.record({ kind: 'process', name })
    const console = await open(this.setup.console, 'a')
    try {
      const [program = '', ...args] = this.setup.command
      const child = spawn(program, args, {
        cwd: this.setup.home,
        env,
        detached: true,
        stdio: ['ignore', console.fd, console.fd],
      })
      await new Promise<void>((resolve, reject) => child.once('spawn', resolve).once('error', reject))
      await this.adopt(child, name)
    } finally {
      await console.close()
      await journal.undone(intent)
    }
  }

  /** running, frozen or gone, as the system says. */
  state(): 'running' | 'frozen' | 'gone' {
    if (!this.current) return 'gone'
    const found = readProcess(this.current.pid)
    if (found?.startTicks !== this.current.startTicks) return 'gone'
    return found.state === 'T' || found.state === 't' ? 'frozen' : 'running'
  }

  async freeze(): Promise<void> {
    this.signal('SIGSTOP')
    await this.reach('frozen')
  }

  async thaw(): Promise<void> {
    this.signal('SIGCONT')
    await this.reach('running')
  }

  async kill(): Promise<void> {
    this.expectEnd = true
    this.current?.child.kill('SIGKILL')
    await this.reach('gone')
    await this.current?.ended
  }

  /** Ends the node in order; a frozen one is thawed, since it hears nothing. */
  async stop(): Promise<number> {
    const { current } = this
    this.expectEnd = true
    if (!current || this.state() === 'gone') throw this.wrongState('running')
    const frozen = this.state() === 'frozen'
    this.signal('SIGTERM')
    if (frozen) this.signal('SIGCONT')
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<undefined>(resolve => {
      timer = setTimeout(() => resolve(undefined), STOP_DEADLINE_MS)
    })
    const ended = await Promise.race([current.ended, late]).finally(() => clearTimeout(timer))
    if (!ended) throw this.wrongState('gone')
    return ended.exitCode ?? 128
  }

  /** What is known once the process was created: its number, its start time, and its end when that comes. */
  private async adopt(child: ChildProcess, name: string): Promise<void> {
    const { pid } = child
    if (pid === undefined) throw new Error(`${name} has no process id`)
    this.expectEnd = false
    this.endedByItself = undefined
    const startTicks = readProcess(pid)?.startTicks ?? -1
    let entry: number | undefined
    const ended = new Promise<Ended>(resolve => {
      child.once('exit', (exitCode, signal) => {
        if (!this.expectEnd) this.endedByItself = { exitCode, signal }
        resolve({ exitCode, signal })
      })
    }).then(async end => {
      // A line that cannot be written costs clean-up a look at a process that is gone.
      if (entry !== undefined) await this.setup.journal.undone(entry).catch(() => undefined)
      return end
    })
    this.current = { child, pid, startTicks, ended }
    entry = await this.setup.journal.record({ kind: 'process', name, pid, startTicks })
    if (!isAlive(pid, startTicks)) await this.setup.journal.undone(entry)
    if (this.setup.detach) child.unref()
  }

  /** Signals this very process, never another one that got its number. */
  private signal(name: NodeJS.Signals): void {
    if (!this.current || this.state() === 'gone') throw this.wrongState('running')
    this.current.child.kill(name)
  }

  private async reach(wanted: 'running' | 'frozen' | 'gone'): Promise<void> {
    if (!(await waitUntil(() => this.state() === wanted, SIGNAL_DEADLINE_MS))) throw this.wrongState(wanted)
  }

  private wrongState(wanted: string): HarnessError {
    return new HarnessError({
      code: 'E308',
      message: `${this.setup.name} (process ${this.pid ?? 'none'}) is ${this.state()}, expected ${wanted}`,
      hint: `its log: ${this.setup.log}`,
    })
  }
}

/** A node's JVM. */
export class NodeProcess extends OwnProcess {
  readonly node: TopologyNode
  readonly files: NodeFiles

  constructor(
    node: TopologyNode,
    files: NodeFiles,
    setup: Pick<ProcessSetup, 'command' | 'env' | 'journal' | 'detach'>,
  ) {
    super({ ...setup, name: nodeLabel(node), home: files.home, console: files.console, log: files.serverLog })
    this.node = node
    this.files = files
  }
}
