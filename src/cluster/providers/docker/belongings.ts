// What one start made on the engine: each thing is journaled before it exists and struck out after it is gone.
import { HarnessError } from '../../../core/errors.ts'
import type { Journal } from '../../journal.ts'
import { type DockerClient, statusOf } from './client.ts'
import { type DockerItem, removalCommand, removeAll, removeItem } from './remove.ts'

export type Belongings = {
  /** Journals a thing, then makes it. */
  make(item: DockerItem, create: () => Promise<unknown>): Promise<void>
  /** Journals a fault before the act; the function strikes it out again. */
  noteFault(name: string, heal: string, limits?: Record<string, number>): Promise<() => Promise<void>>
  /** Removes one thing of these before the end. */
  remove(item: DockerItem): Promise<void>
  /** Removes everything made; safe to call again. */
  removeAll(): Promise<void>
}

/** Keeps the books of one start. */
export function keepBelongings(client: DockerClient, journal: Journal): Belongings {
  const made = new Map<DockerItem, number>()
  const faults = new Set<number>()
  return {
    make: async (item, create) => {
      made.set(item, await journal.record(item))
      try {
        await create()
      } catch (error) {
        if (statusOf(error) !== 409) throw error
        // Somebody else holds the name: it must not be removed in our name.
        await journal.undone(made.get(item) ?? 0)
        made.delete(item)
        throw nameTaken(item, error)
      }
    },
    noteFault: async (name, heal, limits) => {
      const entry = await journal.record({ kind: 'fault', name, heal, ...(limits ? { limits } : {}) })
      faults.add(entry)
      return async () => {
        if (faults.delete(entry)) await journal.undone(entry)
      }
    },
    remove: async item => {
      await removeItem(client, item)
      const entry = made.get(item)
      made.delete(item)
      if (entry !== undefined) await journal.undone(entry)
    },
    removeAll: async () => {
      await removeAll(client, [...made.keys()], async item => {
        const entry = made.get(item)
        made.delete(item)
        if (entry !== undefined) await journal.undone(entry)
      })
      for (const entry of faults) await journal.undone(entry)
      faults.clear()
    },
  }
}

function nameTaken(item: DockerItem, cause: unknown): HarnessError {
  return new HarnessError(
    {
      code: 'E306',
      message: `${item.kind} ${item.name} exists already and was not made by this run`,
      hint: `look at it and remove it: ${removalCommand(item)}`,
    },
    { cause },
  )
}
