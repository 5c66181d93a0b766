// Takes containers, volumes and networks away, as often as needed: gone already is done, busy is tried again, and what remains is named.
import { setTimeout as sleep } from 'node:timers/promises'
import { HarnessError, messageOf } from '../../../core/errors.ts'
import { removeEach } from '../../removal.ts'
import { type DockerClient, openDocker, statusOf } from './client.ts'
import { RUN_LABEL } from './names.ts'

export type DockerItem = { kind: 'container' | 'network' | 'volume'; name: string }

/** What clean-up needs of Docker: the things that carry a run's label, and their removal. */
export type DockerReaper = {
  list(runId: string): Promise<DockerItem[]>
  remove(item: DockerItem): Promise<void>
}

const REMOVE_DEADLINE_MS = 30_000
/** How long a busy thing, or an engine that restarts, is tried again. */
export type Patience = { pauseMs: number; giveUpMs: number }
const PATIENCE: Patience = { pauseMs: 200, giveUpMs: 60_000 }
/** Containers hold on to volumes and networks, so they go first. */
const ORDER: readonly DockerItem['kind'][] = ['container', 'volume', 'network']

/** The reaper of the local engine. */
export function dockerReaper(client: DockerClient = openDocker()): DockerReaper {
  return { list: runId => listOfRun(client, runId), remove: item => removeItem(client, item) }
}

/** Everything on the engine that carries the run's label, containers first. */
export async function listOfRun(client: DockerClient, runId: string): Promise<DockerItem[]> {
  const filters = { label: [`${RUN_LABEL}=${runId}`] }
  const [containers, volumes, networks] = await client.call('list what belongs to the run', docker =>
    Promise.all([
      docker.listContainers({ all: true, filters }),
      docker.listVolumes({ filters }),
      docker.listNetworks({ filters }),
    ]),
  )
  return [
    ...containers.map(
      (found): DockerItem => ({ kind: 'container', name: (found.Names[0] ?? found.Id).replace(/^\//, '') }),
    ),
    ...volumes.Volumes.map((found): DockerItem => ({ kind: 'volume', name: found.Name })),
    ...networks.map((found): DockerItem => ({ kind: 'network', name: found.Name })),
  ]
}

/** Removes one thing; resolves when it is gone, whoever removed it. */
export async function removeItem(client: DockerClient, item: DockerItem, patience: Patience = PATIENCE): Promise<void> {
  const endsAtMs = performance.now() + patience.giveUpMs
  for (;;) {
    try {
      return await removeOnce(client, item)
    } catch (error) {
      if (statusOf(error) === 404) return
      if (!mayPass(error) || performance.now() > endsAtMs) throw explained(item, error)
    }
    await sleep(patience.pauseMs)
  }
}

/** A network that stays in use with nothing on it is one whose endpoints the engine has miscounted. */
function explained({ kind }: DockerItem, error: unknown): unknown {
  if (kind !== 'network' || statusOf(error) !== 403) return error
  const message = `${messageOf(error).trim()}; where no container is on it, the engine counted wrong, and restarting it helps`
  return new Error(message, { cause: error })
}

async function removeOnce(client: DockerClient, item: DockerItem): Promise<void> {
  await client.call(
    `remove ${item.kind} ${item.name}`,
    docker => {
      if (item.kind === 'container') return docker.getContainer(item.name).remove({ force: true, v: true })
      if (item.kind === 'volume') return docker.getVolume(item.name).remove({ force: true })
      return docker.getNetwork(item.name).remove()
    },
    REMOVE_DEADLINE_MS,
  )
}

/** Still in use (403 for networks), a removal under way (409), a fault of the engine (500), or no answer from it. */
function mayPass(error: unknown): boolean {
  if (error instanceof HarnessError) return error.code === 'E301'
  return [403, 409, 500].includes(statusOf(error) ?? 0)
}

/** Removes all, containers first, and tells each one that is gone; E701 names what remains. */
export async function removeAll(
  client: DockerClient,
  items: readonly DockerItem[],
  onGone: (item: DockerItem) => Promise<void>,
): Promise<void> {
  const remaining: { item: DockerItem; reason: string }[] = []
  for (const kind of ORDER) {
    const ofKind = items.filter(item => item.kind === kind)
    await removeEach(kind, ofKind, async item => {
      try {
        await removeItem(client, item)
        await onGone(item)
      } catch (error) {
        remaining.push({ item, reason: messageOf(error) })
      }
    })
  }
  if (remaining.length === 0) return
  throw new HarnessError({
    code: 'E701',
    message: `not removed: ${remaining.map(({ item, reason }) => `${item.kind} ${item.name} (${reason})`).join('; ')}`,
    hint: `gauntlet clean, or by hand: ${remaining.map(({ item }) => removalCommand(item)).join('; ')}`,
  })
}

/** The command that removes a thing by hand. */
export function removalCommand(item: DockerItem): string {
  if (item.kind === 'container') return `docker rm -f -v ${item.name}`
  return `docker ${item.kind} rm ${item.name}`
}
