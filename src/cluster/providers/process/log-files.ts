// The log files of a node that does not run, on this machine's own disk.
import { open, readdir, stat, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import type { LogFiles } from '../../tails.ts'

export function logFilesIn(data: string): LogFiles {
  return {
    list: async directory => {
      const names = await readdir(join(data, directory)).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return []
        throw error
      })
      return Promise.all(names.map(async name => ({ name, sizeBytes: (await stat(join(data, directory, name))).size })))
    },
    head: async (path, bytes) => {
      const file = await open(join(data, path), 'r')
      try {
        const { buffer, bytesRead } = await file.read(Buffer.alloc(bytes), 0, bytes, 0)
        return buffer.subarray(0, bytesRead)
      } finally {
        await file.close()
      }
    },
    truncate: (path, sizeBytes) => truncate(join(data, path), sizeBytes),
  }
}
