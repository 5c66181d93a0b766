// The one door to Docker: every call has a deadline, and an engine that does not answer is one error with its address and the fix.
import Docker from 'dockerode'
import { HarnessError, messageOf } from '../../../core/errors.ts'

export const CALL_DEADLINE_MS = 10_000
const PING_DEADLINE_MS = 2_500
const IDLE_GRACE_MS = 250
const OLDEST_API_VERSION = 1.41
const HANGS_HINT = 'see whether the daemon hangs: docker ps; restart it where it does'

export type ContainerSpec = Docker.ContainerCreateOptions
export type ContainerStats = Docker.ContainerStats

/** What the engine says about itself, as far as addresses and limits depend on it. */
export type EngineFacts = {
  apiVersion: number
  version: string
  cores: number
  /** Whether container addresses can be dialled from here. */
  containersReachable: boolean
}

export type DockerClient = {
  /** The socket or URL in use, for messages. */
  readonly address: string
  /** Runs one call against the engine within a deadline; `what` names it in the error. */
  call<T>(what: string, act: (docker: Docker) => Promise<T>, deadlineMs?: number): Promise<T>
  /** Runs a call that answers with a stream of progress messages; rejects with the first error among them. */
  follow(
    what: string,
    act: (docker: Docker) => Promise<NodeJS.ReadableStream>,
    limits: FollowLimits,
    onMessage: (message: ProgressMessage) => void,
  ): Promise<void>
}

/** How long the first answer, and then the pause between two messages, may take. */
export type FollowLimits = { firstAnswerMs: number; stallMs: number }
export type ProgressMessage = { stream?: string; status?: string; id?: string; error?: string }

/** The HTTP status of an error of the engine, where it gave one. */
export function statusOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('statusCode' in error)) return undefined
  return typeof error.statusCode === 'number' ? error.statusCode : undefined
}

/** Opens the engine that DOCKER_HOST names, or the local one; nothing is sent yet. */
export function openDocker(dockerHost: string | undefined = process.env['DOCKER_HOST']): DockerClient {
  refusePlainRemote(dockerHost)
  const socket = dockerHost?.startsWith('unix://') ? { socketPath: dockerHost.slice('unix://'.length) } : {}
  const address = dockerHost ?? '/var/run/docker.sock'
  return {
    address,
    call: (what, act, deadlineMs = CALL_DEADLINE_MS) => {
      // The idle limit closes the connection that a missed deadline leaves behind, or it would keep the process alive.
      const docker = new Docker({ ...socket, timeout: deadlineMs + IDLE_GRACE_MS })
      return withinDeadline(address, what, deadlineMs, act(docker))
    },
    follow: async (what, act, limits, onMessage) => {
      const docker = new Docker({ ...socket, timeout: Math.max(limits.firstAnswerMs, limits.stallMs) + IDLE_GRACE_MS })
      const stream = await withinDeadline(address, what, limits.firstAnswerMs, act(docker))
      await readProgress(stream, onMessage)
    },
  }
}

/** Asks the engine who it is; E301 within three seconds where nothing answers. */
export async function askEngine(client: DockerClient, deadlineMs: number = PING_DEADLINE_MS): Promise<EngineFacts> {
  const [version, info] = await client.call(
    'ask for its version',
    docker => Promise.all([docker.version(), docker.info() as Promise<EngineInfo>]),
    deadlineMs,
  )
  const apiVersion = Number(version.ApiVersion)
  if (apiVersion < OLDEST_API_VERSION) {
    throw new HarnessError({
      code: 'E301',
      message: `Docker at ${client.address} speaks API ${version.ApiVersion}, at least ${OLDEST_API_VERSION} is needed`,
      hint: 'update Docker to 20.10 or newer, or run with --provider process',
    })
  }
  return { apiVersion, version: version.Version, cores: info.NCPU, containersReachable: isReachable(client, info) }
}

type EngineInfo = { NCPU: number; OSType: string; OperatingSystem: string; SecurityOptions?: string[] }

/** Desktop engines and rootless ones keep their bridge in a namespace that the host has no route into. */
function isReachable(client: DockerClient, info: EngineInfo): boolean {
  const local = client.address.startsWith('/') || client.address.startsWith('unix://')
  const desktop = /desktop/i.test(info.OperatingSystem)
  const rootless = info.SecurityOptions?.some(option => option.includes('rootless')) ?? false
  return process.platform === 'linux' && local && info.OSType === 'linux' && !desktop && !rootless
}

function refusePlainRemote(dockerHost: string | undefined): void {
  const match = /^(?:tcp|http):\/\/(\[[^\]]+\]|[^:/]+)/.exec(dockerHost ?? '')
  if (!match || process.env['DOCKER_TLS_VERIFY'] === '1') return
  if (/^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(match[1] ?? '')) return
  throw new HarnessError({
    code: 'E301',
    message: `DOCKER_HOST ${dockerHost} is a remote engine without TLS`,
    hint: 'set DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH, or use the local socket',
  })
}

async function withinDeadline<T>(address: string, what: string, deadlineMs: number, answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    const fail = () => reject(unanswered(address, `did not answer within ${deadlineMs / 1000} s (${what})`, HANGS_HINT))
    timer = setTimeout(fail, deadlineMs)
  })
  try {
    return await Promise.race([answer, late])
  } catch (error) {
    throw explain(address, error)
  } finally {
    clearTimeout(timer)
  }
}

function unanswered(address: string, message: string, hint: string, cause?: unknown): HarnessError {
  return new HarnessError({ code: 'E301', message: `Docker at ${address} ${message}`, hint }, { cause })
}

/** Turns a connection that failed into E301; an answer with an error status stays as it is. */
function explain(address: string, error: unknown): unknown {
  if (error instanceof HarnessError || statusOf(error) !== undefined) return error
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : ''
  if (code === 'EACCES' || code === 'EPERM') {
    return unanswered(
      address,
      'refuses this user',
      'add the user to the group docker and log in again, or run with --provider process',
      error,
    )
  }
  if (['ENOENT', 'ECONNREFUSED', 'ENOTFOUND', 'EHOSTUNREACH', 'ETIMEDOUT', 'ENOTSOCK'].includes(code)) {
    return unanswered(
      address,
      `does not answer (${code})`,
      'start it (systemctl start docker, or dockerd), set DOCKER_HOST, or run with --provider process',
      error,
    )
  }
  if (['ECONNRESET', 'EPIPE', 'ABORT_ERR'].includes(code)) {
    return unanswered(
      address,
      `broke the connection (${messageOf(error)})`,
      'see whether the daemon was restarted: docker ps',
      error,
    )
  }
  return error
}

async function readProgress(
  stream: NodeJS.ReadableStream,
  onMessage: (message: ProgressMessage) => void,
): Promise<void> {
  const read = (line: string) => {
    if (line.trim() === '') return
    const message = JSON.parse(line) as ProgressMessage
    onMessage(message)
    if (message.error !== undefined) throw new Error(message.error)
  }
  let rest = ''
  stream.setEncoding('utf8')
  for await (const chunk of stream) {
    const lines = (rest + String(chunk)).split('\n')
    rest = lines.pop() ?? ''
    lines.forEach(read)
  }
  read(rest)
}
