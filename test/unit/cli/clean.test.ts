// gauntlet clean as a user meets it: it lists, asks or is told, removes, and says in its exit code what remains.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { JournalEntry } from '../../../src/cluster/journal.ts'
import { DATA_PREFIX } from '../../../src/cluster/places.ts'
import { type CliResult, ROOT, runCli } from '../../support/cli.ts'
import { leaseOf, type Sleeper, sleeper, writeJournal } from '../../support/journals.ts'

const root = mkdtempSync(join(tmpdir(), 'gauntlet-clean-'))
const sleepers: Sleeper[] = []
let state = ''
let runId = ''
beforeEach(() => {
  state = mkdtempSync(join(root, 'state-'))
  runId = `clean-${state.slice(-6)}`
})
afterEach(() => sleepers.splice(0).forEach(one => one.end()))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const clean = (args: string[] = [], env: Record<string, string> = {}): Promise<CliResult> =>
  runCli(['clean', ...args], { env: { GAUNTLET_STATE: state, ...env } })

async function leaveProcess(): Promise<{ left: Sleeper; entry: JournalEntry }> {
  const left = await sleeper({ GAUNTLET_RUN: runId, GAUNTLET_NODE: 'node-1' })
  sleepers.push(left)
  return { left, entry: { kind: 'process', name: 'node-1', pid: left.pid, startTicks: left.startTicks } }
}

describe('gauntlet clean', () => {
  it('says that there is nothing', async () => {
    expect(await clean()).toMatchObject({ exitCode: 0, stdout: 'nothing is left of dead runs\n', stderr: '' })
  })

  it('lists and removes nothing where nobody can be asked', async () => {
    const { left, entry } = await leaveProcess()
    const journal = writeJournal(state, { runId, entries: [entry] })
    const { exitCode, stdout } = await clean()
    expect(exitCode).toBe(0)
    expect(stdout).toMatch(new RegExp(`run ${runId} {2}started 2026-01-01T00:00:00.000Z {2}process \\d+ is gone`))
    expect(stdout).toContain(`process node-1 (pid ${left.pid})`)
    expect(stdout).toContain('gauntlet clean --yes')
    expect([left.isAlive(), existsSync(journal)]).toEqual([true, true])
  })

  it('removes with --yes, and loads nothing of Docker where no journal names it', async () => {
    const { left, entry } = await leaveProcess()
    const journal = writeJournal(state, { runId, entries: [entry] })
    const log = join(state, 'modules.txt')
    writeFileSync(log, '')
    const preload = join(ROOT, 'test', 'support', 'record-modules.mjs')
    const result = await clean(['--yes'], { NODE_OPTIONS: `--import=${preload}`, GAUNTLET_MODULE_LOG: log })
    expect(result).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('removed: 1 process') })
    expect([left.isAlive(), existsSync(journal)]).toEqual([false, false])
    const modules = readFileSync(log, 'utf8')
    expect(modules).toContain('/src/cluster/reap.ts')
    for (const heavy of ['dockerode', 'kafkajs']) expect(modules).not.toContain(`/node_modules/${heavy}/`)
  })

  it('spares runs that live, and says whose they are', async () => {
    const { left, entry } = await leaveProcess()
    writeJournal(state, { runId, entries: [entry], lease: leaseOf(runId) })
    writeJournal(state, { runId: 'abroad', entries: [entry], lease: { host: 'another-machine' } })
    const { exitCode, stdout } = await clean(['--yes'])
    expect(exitCode).toBe(0)
    expect(stdout).toContain(`run ${runId} lives (process ${process.pid}): left alone`)
    expect(stdout).toContain('abroad belongs to another-machine')
    expect(left.isAlive()).toBe(true)
  })

  it('ends with 8 and the command for what is not its own to remove', async () => {
    const path = join(tmpdir(), `${DATA_PREFIX}${runId}`)
    mkdirSync(join(path, 'precious'), { recursive: true })
    try {
      writeJournal(state, { runId, entries: [{ kind: 'directory', path }] })
      const { exitCode, stderr } = await clean(['--yes'])
      expect(exitCode).toBe(8)
      expect(stderr).toMatch(
        new RegExp(`^E701 .*${path} \\(it does not carry the mark of this run\\)\\n.*rm -r ${path}`),
      )
      expect(existsSync(join(path, 'precious'))).toBe(true)
    } finally {
      rmSync(path, { recursive: true, force: true })
    }
  })

  it('tells machines what it found and whether it removed it', async () => {
    const { left, entry } = await leaveProcess()
    writeJournal(state, { runId, entries: [entry] })
    const things = [{ kind: 'process', name: 'node-1', pid: left.pid, startTicks: left.startTicks }]
    const listed = JSON.parse((await clean(['--json'])).stdout) as unknown
    expect(listed).toMatchObject({ removed: false, runs: [{ runId, things, unseen: [] }] })
    expect(left.isAlive()).toBe(true)
    expect(JSON.parse((await clean(['--json', '--yes'])).stdout)).toMatchObject({
      removed: true,
      runs: [{ runId, things }],
    })
    expect(left.isAlive()).toBe(false)
  })
})

describe('with things of Docker in the journal', () => {
  const entries: JournalEntry[] = [{ kind: 'container', name: 'gauntlet-x-broker-1' }]

  it('an engine that is down is said at once, with what needs it', async () => {
    const journal = writeJournal(state, { runId, entries })
    const { exitCode, stderr, seconds } = await clean(['--yes'], { DOCKER_HOST: 'unix:///no/such.sock' })
    expect(exitCode).toBe(8)
    expect(stderr).toMatch(/container gauntlet-x-broker-1 \(Docker at .* does not answer/)
    expect(stderr).toContain('docker rm -f -v gauntlet-x-broker-1')
    expect(seconds).toBeLessThan(5)
    expect(existsSync(journal)).toBe(true)
  })

  it('an engine that accepts and never answers does not hang it', async () => {
    writeJournal(state, { runId, entries })
    const socket = join(state, 'docker.sock')
    const server = createServer(() => undefined)
    await new Promise<void>(resolve => server.listen(socket, resolve))
    const { exitCode, stderr, seconds } = await clean(['--yes'], { DOCKER_HOST: `unix://${socket}` })
    server.close()
    expect(exitCode).toBe(8)
    expect(stderr).toContain('did not answer within 2.5 s')
    expect(seconds).toBeLessThan(8)
  })
})
