// An engine that is absent, hangs, breaks off or is busy: each gets its deadline, its error and its way out.

import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createSocketServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { chooseImage } from '../../../src/cluster/images/choose.ts'
import { askEngine, openDocker } from '../../../src/cluster/providers/docker/client.ts'
import { dockerProvider } from '../../../src/cluster/providers/docker/provider.ts'
import { type DockerItem, removeAll, removeItem } from '../../../src/cluster/providers/docker/remove.ts'

const PATIENCE = { pauseMs: 1, giveUpMs: 200 }
const container: DockerItem = { kind: 'container', name: 'c1' }

let directory: string
let socket: string
let server: Server | ReturnType<typeof createSocketServer> | undefined

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gauntlet-engine-'))
  socket = join(directory, 'docker.sock')
})

afterEach(async () => {
  await new Promise<void>(resolve => (server ? server.close(() => resolve()) : resolve()))
  server = undefined
  await rm(directory, { recursive: true, force: true })
})

/** An engine that gives the scripted answers in turn, the last one for ever. */
async function engine(...answers: { status: number; body?: unknown }[]): Promise<{ requests: string[] }> {
  const requests: string[] = []
  const answer: RequestListener = (request, response) => {
    const next = answers[Math.min(requests.length, answers.length - 1)]
    requests.push(`${request.method} ${request.url}`)
    response
      .writeHead(next?.status ?? 500, { 'content-type': 'application/json' })
      .end(JSON.stringify(next?.body ?? {}))
  }
  const http = createServer(answer)
  server = http
  await new Promise<void>(resolve => http.listen(socket, resolve))
  return { requests }
}

async function listenWith(onConnection: (socket: import('node:net').Socket) => void): Promise<void> {
  const tcp = createSocketServer(onConnection)
  server = tcp
  await new Promise<void>(resolve => tcp.listen(socket, resolve))
}

const client = () => openDocker(`unix://${socket}`)

describe('an engine that does not answer', () => {
  it('is named with its socket and the fix, at once where nothing listens', async () => {
    await expect(askEngine(client())).rejects.toMatchObject({
      code: 'E301',
      exitCode: 4,
      message: expect.stringContaining(socket),
      problems: [{ hint: expect.stringContaining('--provider process') }],
    })
  })

  it('is given up at the deadline where it accepts and stays silent', async () => {
    const open = new Set<import('node:net').Socket>()
    await listenWith(connection => void open.add(connection))
    const startedMs = performance.now()
    await expect(askEngine(client(), 100)).rejects.toMatchObject({
      code: 'E301',
      message: expect.stringMatching(/did not answer within 0\.1 s/),
    })
    expect(performance.now() - startedMs).toBeLessThan(3000)
    for (const connection of open) connection.destroy()
  })

  it('is named where it breaks the connection', async () => {
    await listenWith(connection => connection.destroy())
    await expect(askEngine(client())).rejects.toMatchObject({ code: 'E301' })
  })

  it('makes the provider unavailable with a reason and a hint', async () => {
    const before = process.env['DOCKER_HOST']
    process.env['DOCKER_HOST'] = `unix://${socket}`
    try {
      expect(await dockerProvider.unavailable({ kafkaVersion: '4.3.1' })).toMatchObject({
        reason: expect.stringContaining(socket),
        hint: expect.stringContaining('start it'),
      })
    } finally {
      if (before === undefined) delete process.env['DOCKER_HOST']
      else process.env['DOCKER_HOST'] = before
    }
  })
})

describe('an engine of the wrong kind', () => {
  it('is refused where it is too old', async () => {
    await engine({
      status: 200,
      body: { ApiVersion: '1.40', Version: '19.03', NCPU: 2, OperatingSystem: 'Debian', OSType: 'linux' },
    })
    await expect(askEngine(client())).rejects.toMatchObject({ code: 'E301', message: expect.stringContaining('1.40') })
  })

  it('is not dialled by container address on a desktop or rootless engine', async () => {
    const facts = { ApiVersion: '1.41', Version: '20.10', NCPU: 2, OperatingSystem: 'Docker Desktop', OSType: 'linux' }
    await engine({ status: 200, body: facts })
    expect((await askEngine(client())).containersReachable).toBe(false)
  })

  it('is refused where it is remote and not encrypted', () => {
    expect(() => openDocker('tcp://10.0.0.1:2375')).toThrow(/without TLS/)
    expect(() => openDocker('tcp://localhost.example.org:2375')).toThrow(/without TLS/)
    expect(() => openDocker('tcp://127.0.0.1:2375')).not.toThrow()
  })
})

describe('removal', () => {
  it('is done where the thing is gone already', async () => {
    const { requests } = await engine({ status: 404, body: { message: 'No such container: c1' } })
    await removeItem(client(), container, PATIENCE)
    expect(requests).toEqual(['DELETE /containers/c1?force=true&v=true'])
  })

  it('is tried again while another removal is under way or an endpoint is active', async () => {
    const { requests } = await engine(
      { status: 409, body: { message: 'removal of container c1 is already in progress' } },
      { status: 403 },
      { status: 500 },
      { status: 204 },
    )
    await removeItem(client(), container, PATIENCE)
    expect(requests).toHaveLength(4)
  })

  it('says of a network that stays in use what helps where nothing uses it', async () => {
    await engine({ status: 403, body: { message: 'network n1 has active endpoints' } })
    await expect(removeItem(client(), { kind: 'network', name: 'n1' }, { pauseMs: 1, giveUpMs: 20 })).rejects.toThrow(
      /n1 has active endpoints; where no container is on it, .* restarting it helps/,
    )
  })

  it('gives up on a thing that stays busy', async () => {
    await engine({ status: 409, body: { message: 'volume is in use' } })
    await expect(removeItem(client(), { kind: 'volume', name: 'v1' }, { pauseMs: 1, giveUpMs: 20 })).rejects.toThrow(
      /in use/,
    )
  })

  it('names what remains and the command that removes it, and reports the others as gone', async () => {
    const gone: string[] = []
    const http = createServer((request, response) =>
      response.writeHead(request.url?.startsWith('/volumes') ? 400 : 204).end('{"message":"no"}'),
    )
    server = http
    await new Promise<void>(resolve => http.listen(socket, resolve))
    const items: DockerItem[] = [{ kind: 'network', name: 'n1' }, { kind: 'volume', name: 'v1' }, container]
    await expect(removeAll(client(), items, async item => void gone.push(item.name))).rejects.toMatchObject({
      code: 'E701',
      exitCode: 8,
      message: expect.stringContaining('volume v1'),
      problems: [{ hint: expect.stringContaining('docker volume rm v1') }],
    })
    expect(gone).toEqual(['c1', 'n1'])
  })
})

describe('the choice of an image', () => {
  it('prefers the official one, then our own', async () => {
    const official = await engine({ status: 200, body: { Id: 'sha256:a' } })
    expect(await chooseImage(client(), { version: '4.3.1' })).toEqual({
      name: 'apache/kafka:4.3.1',
      id: 'sha256:a',
      source: 'official',
    })
    expect(official.requests).toEqual(['GET /images/apache/kafka:4.3.1/json'])
  })

  it('takes our own where the official one is missing', async () => {
    await engine({ status: 404 }, { status: 200, body: { Id: 'sha256:b' } })
    expect(await chooseImage(client(), { version: '4.3.1' })).toMatchObject({
      name: 'kafka-gauntlet/kafka:4.3.1',
      source: 'built',
    })
  })

  it('takes nothing but the one that was asked for', async () => {
    const { requests } = await engine({ status: 404 }, { status: 500, body: { message: 'no such host' } })
    await expect(chooseImage(client(), { version: '4.3.1', image: 'mine:1' })).rejects.toMatchObject({
      code: 'E302',
      message: expect.stringMatching(/mine:1.*no such host/),
      problems: [{ hint: expect.stringContaining('gauntlet images build') }],
    })
    expect(requests).toEqual([
      'GET /images/mine:1/json',
      expect.stringMatching(/^POST \/images\/create\?fromImage=mine/),
    ])
  })

  it('says what failed in the middle of a pull', async () => {
    await engine({ status: 404 }, { status: 404 }, { status: 200, body: { error: 'toomanyrequests' } })
    await expect(chooseImage(client(), { version: '4.3.1' })).rejects.toMatchObject({
      code: 'E302',
      message: expect.stringContaining('toomanyrequests'),
    })
  })
})
