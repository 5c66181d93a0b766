// Reads a node's container: its state, its log, the answer of a command run in it.
import type { ToolResult } from '../../cluster.ts'
import { type DockerClient, statusOf } from './client.ts'
import { demux } from './demux.ts'

const EXEC_DEADLINE_MS = 120_000

export type NodeState = {
  state: 'running' | 'frozen' | 'gone'
  exitCode: number
  outOfMemory: boolean
  incarnation: string
}

/** State of a container as the engine sees it; one that does not exist is gone. */
export async function readState(client: DockerClient, container: string): Promise<NodeState> {
  try {
    const { State } = await client.call(`inspect ${container}`, docker => docker.getContainer(container).inspect())
    const state = State.Paused ? 'frozen' : State.Running ? 'running' : 'gone'
    const incarnation = `pid ${State.Pid}, started at ${State.StartedAt}`
    return { state, exitCode: State.ExitCode, outOfMemory: State.OOMKilled, incarnation }
  } catch (error) {
    if (statusOf(error) === 404) return { state: 'gone', exitCode: -1, outOfMemory: false, incarnation: 'gone' }
    throw error
  }
}

/** The last lines of a container's log, both streams in order. */
export async function readLog(client: DockerClient, container: string, lines: number): Promise<string> {
  const bytes = await client.call(`read the log of ${container}`, docker =>
    docker.getContainer(container).logs({ stdout: true, stderr: true, tail: lines, follow: false }),
  )
  return demux(bytes).combined.trimEnd()
}

/** Runs a command in a running container and waits for its end. */
export async function execute(
  client: DockerClient,
  container: string,
  command: string[],
  environment: Record<string, string> = {},
): Promise<ToolResult> {
  return client.call(
    `run ${command[0]} in ${container}`,
    async docker => {
      const exec = await docker.getContainer(container).exec({
        Cmd: command,
        Env: Object.entries(environment).map(([name, value]) => `${name}=${value}`),
        AttachStdout: true,
        AttachStderr: true,
      })
      const stream = await exec.start({ Detach: false, Tty: false })
      const chunks: Buffer[] = []
      for await (const chunk of stream) chunks.push(chunk as Buffer)
      const { ExitCode } = await exec.inspect()
      const { stdout, stderr } = demux(Buffer.concat(chunks))
      return { exitCode: ExitCode ?? -1, stdout, stderr }
    },
    EXEC_DEADLINE_MS,
  )
}
