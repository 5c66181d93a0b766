// The powers over nodes in containers: each one is journaled before the act and read back from the engine after it.
import { HarnessError } from '../../../core/errors.ts'
import type { NodePowers } from '../../cluster.ts'
import type { Belongings } from './belongings.ts'
import { type DockerClient, statusOf } from './client.ts'
import { cpuPowers } from './cpu.ts'
import { diskPowers } from './disk.ts'
import { type NodeState, readState } from './inspect.ts'

const STOP_GRACE_SECONDS = 120
const STOP_DEADLINE_MS = (STOP_GRACE_SECONDS + 15) * 1000

/** The journal of faults, and the states behind it, as every power uses them. */
export type NodeBooks = {
  state(nodeId: number): Promise<NodeState>
  must(nodeId: number, wanted: NodeState['state']): Promise<NodeState>
  /** Before the act. */
  note(nodeId: number, fault: string, heal: string, limits?: Record<string, number>): Promise<void>
  /** After the heal. */
  strike(nodeId: number): Promise<void>
}

/** Powers over the containers of one run; `containerOf` throws for a node that it does not have. */
export function dockerPowers(
  client: DockerClient,
  belongings: Belongings,
  containerOf: (nodeId: number) => string,
): NodePowers {
  const healed = new Map<number, () => Promise<void>>()
  const state = (nodeId: number) => readState(client, containerOf(nodeId))

  const note = async (nodeId: number, fault: string, heal: string, limits?: Record<string, number>) => {
    if (healed.has(nodeId)) return
    healed.set(nodeId, await belongings.noteFault(`${fault} ${containerOf(nodeId)}`, heal, limits))
  }
  const strike = async (nodeId: number) => {
    const done = healed.get(nodeId)
    healed.delete(nodeId)
    await done?.()
  }
  const must = async (nodeId: number, wanted: NodeState['state']) => {
    const found = await state(nodeId)
    if (found.state !== wanted) {
      throw new HarnessError({
        code: 'E308',
        message: `${containerOf(nodeId)} is ${found.state}, expected ${wanted}`,
        hint: `docker logs ${containerOf(nodeId)}`,
      })
    }
    return found
  }
  const books: NodeBooks = { state, must, note, strike }
  const act = (nodeId: number, verb: 'pause' | 'unpause' | 'kill' | 'start') =>
    client
      .call(`${verb} ${containerOf(nodeId)}`, docker => docker.getContainer(containerOf(nodeId))[verb]())
      .catch(ignoreUnchanged)

  return {
    freeze: async nodeId => {
      await note(nodeId, 'freeze', `docker unpause ${containerOf(nodeId)}`)
      await act(nodeId, 'pause')
      await must(nodeId, 'frozen')
    },
    thaw: async nodeId => {
      await act(nodeId, 'unpause')
      await must(nodeId, 'running')
      await strike(nodeId)
    },
    kill: async nodeId => {
      await note(nodeId, 'kill', `docker start ${containerOf(nodeId)}`)
      // A frozen process takes no signal, SIGKILL included, until its control group thaws.
      if ((await state(nodeId)).state === 'frozen') await act(nodeId, 'unpause')
      await act(nodeId, 'kill')
      await waitForEnd(client, containerOf(nodeId))
      await must(nodeId, 'gone')
    },
    stop: async nodeId => {
      await note(nodeId, 'stop', `docker start ${containerOf(nodeId)}`)
      await stopInOrder(client, containerOf(nodeId))
      return (await must(nodeId, 'gone')).exitCode
    },
    start: async nodeId => {
      await act(nodeId, 'start')
      await must(nodeId, 'running')
      await strike(nodeId)
    },
    state: async nodeId => (await state(nodeId)).state,
    ...cpuPowers(client, containerOf, books),
    ...diskPowers(client, belongings, containerOf, books),
    incarnation: async nodeId => (await state(nodeId)).incarnation,
  }
}

async function stopInOrder(client: DockerClient, container: string): Promise<void> {
  const stop = client.call(
    `stop ${container}`,
    docker => docker.getContainer(container).stop({ t: STOP_GRACE_SECONDS }),
    STOP_DEADLINE_MS,
  )
  await stop.catch(ignoreUnchanged)
}

async function waitForEnd(client: DockerClient, container: string): Promise<void> {
  await client.call(`wait for the end of ${container}`, docker => docker.getContainer(container).wait())
}

/** Already so: started, stopped, frozen and thawed again are no failure, since the state is read back afterwards. */
export function ignoreUnchanged(error: unknown): void {
  const status = statusOf(error)
  const already =
    status === 304 ||
    ((status === 409 || status === 500) && /already paused|not paused|is not running/i.test(String(error)))
  if (!already) throw error
}
