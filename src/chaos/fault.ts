// The contract of a fault: what it may be told, what it needs, how it acts, how its effect is proven, how it is undone and read back.
import type * as z from 'zod'
import type { LinkPowers, NodePowers } from '../cluster/cluster.ts'
import type { LogPlace } from '../cluster/tails.ts'
import type { AdminPowers, CommandPowers, Seen } from './powers.ts'
import type { WorkerPowers } from './workers.ts'

/** true: what happens in production; approximated: near it, and the report says how it differs. */
export type Fidelity = 'true' | 'approximated'

/** What a fault acts with; an address per node that no fault touches by itself. */
export type FaultPorts = {
  nodes: NodePowers
  /** Absent where the network is direct. */
  links?: LinkPowers
  /** Our own processes that load the cluster. */
  workers?: WorkerPowers
  /** The partitions of the trial, for faults on what a node has stored. */
  logs?: readonly LogPlace[]
  /** host:port of a broker's OBSERVER listener. */
  observerOf(nodeId: number): string | undefined
  /** Waits until every broker sees every replica in sync; false where that takes too long. */
  whole: () => Promise<boolean>
  /** All nodes of the cluster. */
  nodeIds: readonly number[]
  admin: AdminPowers
  commands: CommandPowers
  /** What the watch sees now; topics by their names on the cluster. */
  seen(): Seen
  /** Topics on the cluster that the scenario calls so. */
  topicsCalled(declared: string): readonly string[]
  /** Tells whoever is watching the run. */
  tell(text: string): void
}

/** One fault at one time on chosen nodes; the tag is unique in the run. */
export type Strike<Options> = {
  tag: string
  nodes: readonly number[]
  /** The other end, for faults between two. */
  peers: readonly number[]
  /** Worker processes, for faults on those; they strike no node. */
  workers?: readonly string[]
  options: Options
  ports: FaultPorts
  /** Marks the moment from which the effect was there, where `inject` goes on after it. */
  acted: () => void
}

export type Conflict = { key?: string; message: string; hint: string }

export type FaultOf<Shape extends z.core.$ZodLooseShape> = {
  kind: string
  describe: string
  fidelity: Fidelity
  /** How it differs from what happens in production. */
  differs?: string
  /** links: works on a routed network only; admin: by requests, on a cluster of our own; observer: needs no power at all; workers: strikes processes of the run itself. */
  needs: 'nodes' | 'links' | 'admin' | 'observer' | 'workers'
  /** Nodes that are not named: all of them, or the fault must name some; always: it takes no target. */
  untargeted?: 'all' | 'always'
  /** Links only: it says by itself which ends it takes. */
  takesPeer?: false
  /** Works only where every broker keeps its log on a volume of a fixed size. */
  needsLogVolume?: true
  /** Fewer brokers than this leave nothing to do. */
  leastBrokers?: number
  /** True where it takes its nodes away from clients, so that leaders have to move. */
  takesLeaders: boolean | ((strike: Pick<Strike<z.output<z.ZodObject<Shape>>>, 'peers' | 'options'>) => boolean)
  /** Keys of its own. */
  options: Shape
  /** What of its keys cannot be together, or not with its topic; the problem stands at the key. */
  conflict?(options: z.output<z.ZodObject<Shape>>, topic: { partitions: number }): Conflict | undefined
  /** Acts, and returns once the system reads back as acted on. */
  inject(strike: Strike<z.output<z.ZodObject<Shape>>>): Promise<void>
  /** Looks whether there is an effect; the evidence in words, or undefined where there is none. */
  prove(strike: Strike<z.output<z.ZodObject<Shape>>>): Promise<string | undefined>
  heal(strike: Strike<z.output<z.ZodObject<Shape>>>): Promise<void>
  /** Looks again; what remains, in words. */
  remains(strike: Strike<z.output<z.ZodObject<Shape>>>): Promise<string | undefined>
}

/** A fault with its own options hidden, as the registry holds it. */
export type Fault = FaultOf<z.core.$ZodLooseShape>

/** Keeps the options of one fault typed within its file. */
export function defineFault<Shape extends z.core.$ZodLooseShape>(fault: FaultOf<Shape>): Fault {
  return fault as unknown as Fault
}
