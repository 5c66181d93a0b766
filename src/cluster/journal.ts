// The write-ahead list of what a run started: every entry is on disk before the act, so that clean-up can finish what a crash left.

/** One thing that exists outside the process and must be undone. */
export type JournalEntry =
  | { kind: 'container'; name: string }
  | { kind: 'network'; name: string }
  | { kind: 'volume'; name: string }
  /** A child process: found by its marker in the environment until its pid is known. */
  | { kind: 'process'; name: string; pid?: number; startTicks?: number }
  | { kind: 'directory'; path: string }
  /** A file system in memory, mounted under the run's name in its directory. */
  | { kind: 'mount'; path: string }
  /** A topic on somebody else's brokers; `commandConfig` is the file that says how to reach them. */
  | { kind: 'topic'; bootstrap: string[]; name: string; clusterId: string; commandConfig?: string }
  /** `heal` is the command that ends it by hand; `proxies` are the servers that hold toxics or closed links of it, `command` is the user's own that undoes it; `limits` is what a container had before, `replicas` what partitions had. */
  | {
      kind: 'fault'
      name: string
      heal: string
      proxies?: FaultyProxy[]
      command?: UndoCommand
      limits?: Record<string, number>
      replicas?: MovedReplicas
    }

/** A program with its arguments; `nodes` are those that the fault struck. */
export type UndoCommand = { argv: readonly string[]; deadlineMs: number; nodes: readonly number[] }

/** Partitions as they were before a fault moved their replicas, and the cluster of the run that has them. */
export type MovedReplicas = {
  bootstrap: readonly string[]
  clusterId: string
  partitions: readonly { topic: string; partition: number; replicas: readonly number[] }[]
}

/** A Toxiproxy of the run that a fault acts through; toxics of the fault carry its name before a dash. */
export type FaultyProxy = {
  /** The name of its process or container in the same journal. */
  server: string
  /** http://host:port */
  api: string
  links: string[]
}

/** Written before the act, marked done after the undoing. */
export type Journal = {
  readonly runId: string
  /** Resolves once the entry is on disk; returns its number. */
  record(entry: JournalEntry): Promise<number>
  /** Marks an entry as undone. */
  undone(entryNumber: number): Promise<void>
  /** Removes the journal where everything is undone; keeps it otherwise. */
  close(): Promise<void>
}
