// The log files of a node that does not run: a helper of the same image holds its volume for as long as they are worked on.
import { DATA_DIR } from '../../../topology/containers.ts'
import type { LogFiles } from '../../tails.ts'
import type { Belongings } from './belongings.ts'
import type { DockerClient } from './client.ts'
import { execute } from './inspect.ts'

const HELPER_SECONDS = '120'
const LABELS = 'kafka-gauntlet.'

/** Works on the files of a stopped container within its volume; the helper is journaled, and gone afterwards. */
export async function withLogFiles<T>(
  client: DockerClient,
  belongings: Belongings,
  container: string,
  work: (files: LogFiles, run: (command: string[]) => Promise<string>) => Promise<T>,
): Promise<T> {
  const { Image, Config, HostConfig } = await client.call(`inspect ${container}`, docker =>
    docker.getContainer(container).inspect(),
  )
  const item = { kind: 'container', name: `${container}-helper` } as const
  const labels = Object.entries(Config.Labels).filter(([name]) => name.startsWith(LABELS))
  await belongings.make(item, () =>
    client.call(`create container ${item.name}`, docker =>
      docker.createContainer({
        name: item.name,
        Image,
        User: Config.User,
        Entrypoint: ['sleep'],
        Cmd: [HELPER_SECONDS],
        Labels: Object.fromEntries(labels),
        HostConfig: {
          NetworkMode: 'none',
          CapDrop: ['ALL'],
          SecurityOpt: ['no-new-privileges'],
          ...(HostConfig.Mounts ? { Mounts: HostConfig.Mounts } : {}),
        },
      }),
    ),
  )
  try {
    await client.call(`start ${item.name}`, docker => docker.getContainer(item.name).start(), 30_000)
    const run = async (command: string[]): Promise<string> => {
      const { exitCode, stdout, stderr } = await execute(client, item.name, command)
      if (exitCode !== 0) throw new Error(`${command[0]} in ${item.name} failed: ${stderr.trim()}`)
      return stdout
    }
    return await work(filesThrough(run), run)
  } finally {
    await belongings.remove(item)
  }
}

function filesThrough(run: (command: string[]) => Promise<string>): LogFiles {
  return {
    list: async directory => {
      const find = ['find', DATA_DIR, '-path', `${DATA_DIR}/${directory}/*`, '-type', 'f']
      const told = await run([...find, '-exec', 'stat', '-c', '%s %n', '{}', '+'])
      return told.split('\n').flatMap(line => {
        const [, sizeBytes, path] = /^(\d+) (.+)$/.exec(line) ?? []
        return path === undefined ? [] : [{ name: path.slice(path.lastIndexOf('/') + 1), sizeBytes: Number(sizeBytes) }]
      })
    },
    head: async (path, bytes) =>
      Buffer.from(
        await run(['sh', '-c', 'head -c "$1" "$0" | base64', `${DATA_DIR}/${path}`, String(bytes)]),
        'base64',
      ),
    truncate: async (path, sizeBytes) => void (await run(['truncate', '-s', String(sizeBytes), `${DATA_DIR}/${path}`])),
  }
}
