// The powers over what containers have stored: tails cut off, and a log directory that cannot be written.
import { DATA_DIR } from '../../../topology/containers.ts'
import type { DiskPowers } from '../../cluster.ts'
import { cutTails } from '../../tails.ts'
import type { Belongings } from './belongings.ts'
import type { DockerClient } from './client.ts'
import { execute } from './inspect.ts'
import { withLogFiles } from './log-files.ts'
import { empty, emptyCommand, fill, readSpace } from './log-volume.ts'
import type { NodeBooks } from './powers.ts'

const CHMOD_BACK = ['chmod', 'u+w', DATA_DIR]

/** Powers over the volumes of the containers of one run. */
export function diskPowers(
  client: DockerClient,
  belongings: Belongings,
  containerOf: (nodeId: number) => string,
  books: NodeBooks,
): DiskPowers {
  return {
    cutTails: async (nodeId, places, bytes) => {
      await books.must(nodeId, 'gone')
      return withLogFiles(client, belongings, containerOf(nodeId), files => cutTails(files, places, bytes))
    },
    failLogDir: async nodeId => {
      const container = containerOf(nodeId)
      const { Image } = await client.call(`inspect ${container}`, docker => docker.getContainer(container).inspect())
      const chmod = `docker run --rm --volumes-from ${container} --entrypoint chmod ${Image} u+w ${DATA_DIR}`
      await books.note(nodeId, 'kill', `${chmod} && docker start ${container}`)
      const { exitCode, stderr } = await execute(client, container, ['chmod', 'a-w', DATA_DIR])
      if (exitCode !== 0) throw new Error(`chmod in ${container} failed: ${stderr.trim()}`)
    },
    restoreLogDir: async nodeId => {
      // Of a node that did not stop, for whatever reason, the directory must be right as well.
      if ((await books.state(nodeId)).state === 'running') await execute(client, containerOf(nodeId), CHMOD_BACK)
      else await withLogFiles(client, belongings, containerOf(nodeId), (_, run) => run(CHMOD_BACK))
    },
    fillLog: async nodeId => {
      await books.note(nodeId, 'fill', emptyCommand(containerOf(nodeId)))
      await fill(client, containerOf(nodeId))
    },
    emptyLog: nodeId => empty(client, containerOf(nodeId)),
    logSpace: nodeId => readSpace(client, containerOf(nodeId)),
  }
}
