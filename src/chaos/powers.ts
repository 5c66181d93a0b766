// The narrow powers of faults that strike neither nodes nor links: requests to the controller, commands of the user, and the observer's view.
import type { SeenPartition } from './watch.ts'

/** Requests that move leaders and replicas; each is answered by the controller. */
export type AdminPowers = {
  /** Journals what replicas there were, before any order. */
  note(tag: string, before: readonly SeenPartition[]): Promise<void>
  /** Strikes that out, once they are there again. */
  settled(tag: string): Promise<void>
  /** Hands partitions to the first of their replicas. */
  electPreferred(topics: readonly { name: string; partitions: readonly number[] }[]): Promise<void>
  /** Hands partitions without a leader to any replica that is alive, in sync or not. */
  electUnclean(topics: readonly { name: string; partitions: readonly number[] }[]): Promise<void>
  reassign(
    topics: readonly {
      name: string
      partitions: readonly { partition: number; replicas: readonly number[] | null }[]
    }[],
  ): Promise<void>
  /** Gives a topic so many partitions. */
  widen(topic: string, partitions: number): Promise<void>
}

/** What a command ended with; `output` is the end of what it wrote. */
export type CommandEnd = { exitCode: number; output: string }

/** Commands of the user, each without a shell and with a deadline. */
export type CommandPowers = {
  /** Journals how it is undone, then acts. */
  act(tag: string, command: readonly string[], heal: readonly string[], options: CommandOptions): Promise<CommandEnd>
  /** Undoes it, and strikes it out of the journal where that succeeds. */
  heal(tag: string, command: readonly string[], options: CommandOptions): Promise<CommandEnd>
  /** Asks something. */
  ask(command: readonly string[], options: CommandOptions): Promise<CommandEnd>
}
export type CommandOptions = { deadlineMs: number; nodes: readonly number[] }

/** The cluster as the observer sees it at one moment. */
export type Seen = {
  partitions: readonly SeenPartition[]
  /** Brokers that do not answer. */
  silent: readonly number[]
}
