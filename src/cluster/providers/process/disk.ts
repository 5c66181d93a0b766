// The powers over what nodes as processes have stored: tails cut off, and a log directory that is not there.
import { rename, rm, stat, writeFile } from 'node:fs/promises'
import type { DiskPowers } from '../../cluster.ts'
import { cutTails } from '../../tails.ts'
import { logFilesIn } from './log-files.ts'
import { empty, fill, readSpace } from './log-volume.ts'
import type { NodeProcess } from './node-process.ts'

/** Where a log directory is while it has failed. */
const ASIDE = '.aside'

/** Powers over the data of one cluster; the journal is told before a broker is made to stop. */
export function diskPowers(
  find: (nodeId: number) => NodeProcess,
  note: (nodeId: number, fault: 'kill' | 'fill') => Promise<void>,
  runId: string,
): DiskPowers {
  return {
    cutTails: async (nodeId, places, bytes) => {
      const { files } = find(nodeId)
      if (find(nodeId).state() !== 'gone') throw new RangeError(`node ${nodeId} still runs`)
      return cutTails(logFilesIn(files.data), places, bytes)
    },
    failLogDir: async nodeId => {
      const { data } = find(nodeId).files
      await note(nodeId, 'kill')
      // A file in its place: works for every user, root too, and what is open stays what it was.
      await rename(data, `${data}${ASIDE}`)
      await writeFile(data, '')
    },
    restoreLogDir: async nodeId => {
      const { data } = find(nodeId).files
      if (!(await stat(`${data}${ASIDE}`).catch(() => undefined))) return
      await rm(data, { force: true })
      await rename(`${data}${ASIDE}`, data)
    },
    fillLog: async nodeId => {
      await note(nodeId, 'fill')
      await fill(find(nodeId).files.filler, runId)
    },
    emptyLog: nodeId => empty(find(nodeId).files.filler),
    logSpace: nodeId => readSpace(find(nodeId).files.volume),
  }
}
