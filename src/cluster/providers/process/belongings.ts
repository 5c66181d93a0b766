// What one start made on this machine besides processes, and the end of it all: nodes killed, groups and directories removed.
import { rm } from 'node:fs/promises'
import { HarnessError, messageOf } from '../../../core/errors.ts'
import type { Journal } from '../../journal.ts'
import { waitUntil } from '../../wait.ts'
import { removeGroup } from './limits.ts'
import { mountVolume, unmountVolume } from './log-volume.ts'
import type { NodeProcess, OwnProcess } from './node-process.ts'

const GROUP_DEADLINE_MS = 1000

export class Belongings {
  readonly nodes: NodeProcess[] = []
  /** The proxies of a routed cluster. */
  readonly proxies: OwnProcess[] = []
  private readonly journal: Journal
  private readonly groups = new Map<string, number>()
  /** Volumes that are mounted, and their entries. */
  private readonly mounts = new Map<string, number>()
  private directory: { path: string; entry: number } | undefined

  constructor(journal: Journal) {
    this.journal = journal
  }

  /** Journals a control group that is about to be made. */
  async announceGroup(path: string): Promise<void> {
    this.groups.set(path, await this.journal.record({ kind: 'directory', path }))
  }

  /** Journals a volume of a fixed size, then mounts it. */
  async mount(path: string, runId: string, sizeBytes: number): Promise<void> {
    this.mounts.set(path, await this.journal.record({ kind: 'mount', path }))
    await mountVolume(path, runId, sizeBytes)
  }

  /** Journals the data directory, then makes it; one that exists already stays untouched. */
  async makeDirectory(path: string, make: () => Promise<void>): Promise<void> {
    const entry = await this.journal.record({ kind: 'directory', path })
    try {
      await make()
      this.directory = { path, entry }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
        this.directory = { path, entry }
        throw error
      }
      // Somebody else's: it must not be removed in our name.
      await this.journal.undone(entry)
      throw new HarnessError(
        {
          code: 'E306',
          message: `directory ${path} exists already and was not made by this run`,
          hint: `look at it and remove it: rm -r ${path}`,
        },
        { cause: error },
      )
    }
  }

  /** Kills all nodes and proxies and removes their groups and volumes; the directory stays. */
  async endNodes(): Promise<void> {
    const problems: string[] = []
    await Promise.all(
      [...this.nodes, ...this.proxies].map(node =>
        node.kill().catch((error: unknown) => void problems.push(`process ${node.pid}: ${messageOf(error)}`)),
      ),
    )
    for (const [path, entry] of this.groups) {
      if (await isRemoved(path)) {
        this.groups.delete(path)
        await this.journal.undone(entry)
      } else problems.push(`control group ${path}`)
    }
    for (const [path, entry] of this.mounts) {
      try {
        await unmountVolume(path, this.journal.runId)
        this.mounts.delete(path)
        await this.journal.undone(entry)
      } catch (error) {
        problems.push(`volume ${path}: ${messageOf(error)}`)
      }
    }
    if (problems.length > 0) throw remains(problems, this.commands())
    this.nodes.length = 0
    this.proxies.length = 0
  }

  /** Removes everything; safe to call again, and E701 names what remains. */
  async removeAll(): Promise<void> {
    await this.endNodes()
    if (!this.directory) return
    const { path, entry } = this.directory
    try {
      await rm(path, { recursive: true, force: true, maxRetries: 3 })
    } catch (error) {
      throw remains([`directory ${path}: ${messageOf(error)}`], this.commands())
    }
    this.directory = undefined
    await this.journal.undone(entry)
  }

  private commands(): string {
    const pids = [...this.nodes, ...this.proxies]
      .filter(node => node.state() !== 'gone')
      .map(node => `kill -9 ${node.pid}`)
    const groups = [...this.groups.keys()].map(path => `rmdir ${path}`)
    const mounts = [...this.mounts.keys()].map(path => `umount ${path}`)
    return [...pids, ...groups, ...mounts, ...(this.directory ? [`rm -r ${this.directory.path}`] : [])].join('; ')
  }
}

/** A group is busy for a moment after its last process has ended. */
function isRemoved(path: string): Promise<boolean> {
  return waitUntil(
    () =>
      removeGroup(path).then(
        () => true,
        () => false,
      ),
    GROUP_DEADLINE_MS,
  )
}

function remains(problems: readonly string[], commands: string): HarnessError {
  return new HarnessError({
    code: 'E701',
    message: `not removed: ${problems.join('; ')}`,
    hint: `gauntlet clean, or by hand: ${commands}`,
  })
}
