// Brings a container of a run back to work, whoever froze or ended it; for healing from the journal, without the run itself.
import type { ContainerReviver } from '../../heal-look.ts'
import type { DockerClient } from './client.ts'
import { type CpuLimits, coresOf, readCpu, writeCpu } from './cpu.ts'
import { readState } from './inspect.ts'
import { empty, isFilled } from './log-volume.ts'
import { ignoreUnchanged } from './powers.ts'

/** The reviver of the local engine. */
export function dockerReviver(client: DockerClient): ContainerReviver {
  const act = async (name: string, verb: 'unpause' | 'start'): Promise<void> => {
    await client.call(`${verb} ${name}`, docker => docker.getContainer(name)[verb]()).catch(ignoreUnchanged)
  }
  return {
    state: async name => (await readState(client, name)).state,
    unpause: name => act(name, 'unpause'),
    start: name => act(name, 'start'),
    hasLimits: async (name, limits) => coresOf(await readCpu(client, name)) === coresOf(limits as CpuLimits),
    isFilled: name => isFilled(client, name),
    empty: name => empty(client, name),
    limit: (name, limits) => writeCpu(client, name, limits as CpuLimits),
  }
}
