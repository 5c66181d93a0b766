// A node's log volume of a fixed size: memory as a file system, kept by a container that holds it while the node is stopped.
import { DATA_DIR } from '../../../topology/containers.ts'
import type { TopologyNode } from '../../../topology/topology.ts'
import type { DiskSpace } from '../../cluster.ts'
import type { Belongings } from './belongings.ts'
import type { ContainerSpec, DockerClient } from './client.ts'
import { execute } from './inspect.ts'
import { type Owner, type RunNames, runLabels, volumeLabels } from './names.ts'

const HOLDER = '-holder'
const FILLER = `${DATA_DIR}/.gauntlet-filler`
const START_DEADLINE_MS = 30_000
const BYTES_PER_KIB = 1024

export type VolumePlan = {
  runId: string
  owner: Owner
  names: RunNames
  node: TopologyNode
  image: string
  sizeBytes: number | undefined
}

/** The container that keeps the volume of a node's container mounted: without it a stop would wipe what is in memory. */
export const holderOf = (container: string): string => `${container}${HOLDER}`

/** The command that gives the space back and brings the node to work, by hand. */
export const emptyCommand = (container: string): string =>
  `docker exec ${holderOf(container)} rm -f ${FILLER} && docker start ${container}`

/** The engine's options of a volume of this size. */
export function volumeOptions(sizeBytes: number | undefined): { Driver?: string; DriverOpts?: Record<string, string> } {
  if (sizeBytes === undefined) return {}
  return { Driver: 'local', DriverOpts: { type: 'tmpfs', device: 'tmpfs', o: `size=${sizeBytes}` } }
}

/** Makes the volume of a node and, where it is of a fixed size, its holder. */
export async function makeVolume(client: DockerClient, belongings: Belongings, plan: VolumePlan): Promise<void> {
  const { runId, owner, names, node, sizeBytes } = plan
  const volume = names.volume(node.name)
  await belongings.make({ kind: 'volume', name: volume }, () =>
    client.call(`create volume ${volume}`, docker =>
      docker.createVolume({
        Name: volume,
        Labels: volumeLabels(runId, owner, node.name),
        ...volumeOptions(sizeBytes),
      }),
    ),
  )
  if (sizeBytes === undefined) return
  const holder = holderOf(names.container(node.name))
  await belongings.make({ kind: 'container', name: holder }, () =>
    client.call(`create container ${holder}`, docker =>
      docker.createContainer({ name: holder, ...holderSpec(plan, volume) }),
    ),
  )
  await client.call(`start ${holder}`, docker => docker.getContainer(holder).start(), START_DEADLINE_MS)
}

function holderSpec({ runId, owner, image }: VolumePlan, volume: string): ContainerSpec {
  return {
    Image: image,
    Entrypoint: ['sleep'],
    Cmd: ['infinity'],
    Labels: runLabels(runId, owner),
    StopSignal: 'SIGKILL',
    HostConfig: {
      NetworkMode: 'none',
      Mounts: [{ Type: 'volume', Source: volume, Target: DATA_DIR }],
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges'],
      RestartPolicy: { Name: 'no' },
    },
  }
}

/** Writes until nothing is free any more; dd ends with an error then. */
export async function fill(client: DockerClient, container: string): Promise<void> {
  await execute(client, holderOf(container), ['dd', 'if=/dev/zero', `of=${FILLER}`, 'bs=64k'])
}

/** Takes the filler away; of a volume without one too. */
export async function empty(client: DockerClient, container: string): Promise<void> {
  const { exitCode, stderr } = await execute(client, holderOf(container), ['rm', '-f', FILLER])
  if (exitCode !== 0) throw new Error(`${FILLER} of ${container} cannot be removed: ${stderr.trim()}`)
}

export async function isFilled(client: DockerClient, container: string): Promise<boolean> {
  return (await execute(client, holderOf(container), ['test', '-e', FILLER])).exitCode === 0
}

/** The volume as df tells it. */
export async function readSpace(client: DockerClient, container: string): Promise<DiskSpace> {
  const { stdout, stderr } = await execute(client, holderOf(container), ['df', '-Pk', DATA_DIR])
  const [, totalKib, , freeKib] = stdout.trim().split('\n').at(-1)?.split(/\s+/) ?? []
  if (freeKib === undefined) throw new Error(`df in ${holderOf(container)} failed: ${stderr.trim()}`)
  return { totalBytes: Number(totalKib) * BYTES_PER_KIB, freeBytes: Number(freeKib) * BYTES_PER_KIB }
}
