// What healing calls a fault of ours and how it proves the end: real stopped processes, a server with Toxiproxy's API, an engine that notes what it was told.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findFaults, type HealOptions, healFaults } from '../../../src/cluster/heal.ts'
import type { JournalEntry } from '../../../src/cluster/journal.ts'
import { listJournals } from '../../../src/cluster/journal-file.ts'
import { readProcess } from '../../../src/cluster/proc.ts'
import { findLeftovers } from '../../../src/cluster/reap.ts'
import { removeLeftovers } from '../../../src/cluster/reap-remove.ts'
import { waitUntil } from '../../../src/cluster/wait.ts'
import { HarnessError } from '../../../src/core/errors.ts'
import { leaseOf, type Sleeper, sleeper, writeJournal } from '../../support/journals.ts'

const root = mkdtempSync(join(tmpdir(), 'gauntlet-heal-'))
const before = process.env['GAUNTLET_STATE']
const sleepers: Sleeper[] = []
const servers: Server[] = []
let state = ''
let runId = ''

beforeEach(() => {
  state = mkdtempSync(join(root, 'state-'))
  process.env['GAUNTLET_STATE'] = state
  runId = `heal-${state.slice(-6)}`
})
afterEach(() => {
  if (before === undefined) delete process.env['GAUNTLET_STATE']
  else process.env['GAUNTLET_STATE'] = before
  for (const one of sleepers.splice(0)) one.end()
  for (const one of servers.splice(0)) one.close()
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

async function start(name: string, run = runId): Promise<{ one: Sleeper; entry: JournalEntry }> {
  const one = await sleeper({ GAUNTLET_RUN: run, GAUNTLET_NODE: name })
  sleepers.push(one)
  return { one, entry: { kind: 'process', name, pid: one.pid, startTicks: one.startTicks } }
}
const stateOf = ({ pid }: Sleeper): string | undefined => readProcess(pid)?.state
async function freeze(one: Sleeper): Promise<void> {
  process.kill(one.pid, 'SIGSTOP')
  expect(await waitUntil(() => stateOf(one) === 'T', 5000)).toBe(true)
}
const frozen = (name: string): JournalEntry => ({ kind: 'fault', name: `freeze ${name}`, heal: 'kill -CONT 1' })

/** What is found, then what healing says: how many it ended, or its error. */
async function heal(options: HealOptions = {}): Promise<{ found: string[]; healed: number | HarnessError }> {
  const runs = await findFaults(await listJournals(), options)
  const found = runs.flatMap(run => run.faults.map(({ entry, finding }) => `${entry.name} ${finding.is}`))
  const healed = await healFaults(runs).catch((error: unknown) => {
    if (error instanceof HarnessError) return error
    throw error
  })
  return { found, healed }
}

describe('a command of the user', () => {
  const undoing = (argv: string[]): JournalEntry => ({
    kind: 'fault',
    name: 'fault-1-exec',
    heal: argv.join(' '),
    command: { argv, deadlineMs: 5000, nodes: [2, 3] },
  })

  it('is run once, with the nodes that were struck, and struck out', async () => {
    const mark = join(state, 'undone')
    writeJournal(state, { runId, entries: [undoing(['sh', '-c', `echo $GAUNTLET_NODES >> ${mark}`])] })
    expect(await heal()).toEqual({ found: ['fault-1-exec acting'], healed: 1 })
    expect(readFileSync(mark, 'utf8')).toBe('2,3\n')
    expect(await listJournals()).toEqual([])
  })

  it('that fails stays, with what it said and how to do it by hand', async () => {
    const argv = ['sh', '-c', 'echo no such cable; exit 3']
    writeJournal(state, { runId, entries: [undoing(argv)] })
    const { healed } = await heal()
    expect(healed).toMatchObject({ code: 'E702', message: expect.stringMatching(/exit code 3: no such cable/) })
    expect([...((await listJournals())[0]?.open.values() ?? [])]).toEqual([undoing(argv)])
  })

  it('is run before clean-up calls the run settled, and keeps its journal where it fails', async () => {
    const mark = join(state, 'undone')
    writeJournal(state, { runId, entries: [undoing(['touch', mark])] })
    await removeLeftovers(await findLeftovers())
    expect(existsSync(mark)).toBe(true)
    expect(await listJournals()).toEqual([])
    writeJournal(state, { runId, entries: [undoing(['false'])] })
    await expect(removeLeftovers(await findLeftovers())).rejects.toMatchObject({ code: 'E701' })
    expect(await listJournals()).toHaveLength(1)
  })
})

describe('a frozen process', () => {
  it('is thawed and struck out; what else the journal holds stays', async () => {
    const { one, entry } = await start('node-1')
    await freeze(one)
    writeJournal(state, { runId, entries: [entry, frozen('node-1')] })
    expect(await heal()).toEqual({ found: ['freeze node-1 acting'], healed: 1 })
    expect(stateOf(one)).not.toBe('T')
    const [journal] = await listJournals()
    expect([...(journal?.open.values() ?? [])]).toEqual([entry])
    expect(await heal()).toEqual({ found: [], healed: 0 })
  })

  it('of another run, without our mark, is left as it is', async () => {
    const { one, entry } = await start('node-1', 'heal-other')
    await freeze(one)
    writeJournal(state, { runId, entries: [entry, frozen('node-1')] })
    expect((await heal()).found).toEqual(['freeze node-1 over'])
    expect(stateOf(one)).toBe('T')
  })

  it('that runs again, or is gone, is over; the journal goes with its last entry', async () => {
    writeJournal(state, { runId, entries: [frozen('node-1')] })
    expect(await heal()).toEqual({ found: ['freeze node-1 over'], healed: 0 })
    expect(await listJournals()).toEqual([])
  })

  it('of a run that lives keeps its journal', async () => {
    const { one } = await start('node-1')
    const path = writeJournal(state, { runId, entries: [frozen('node-1')], lease: leaseOf(runId) })
    expect(await heal()).toEqual({ found: ['freeze node-1 over'], healed: 0 })
    expect(readFileSync(path, 'utf8')).toContain('{"undone":1}')
    expect(one.isAlive()).toBe(true)
  })
})

describe('a process that was stopped in a cycle, or a worker that was frozen', () => {
  it.each(['limit node-1', 'freeze worker-billing-0'])('%s is thawed where its run has died', async name => {
    const { one, entry } = await start(name.split(' ')[1] ?? '')
    await freeze(one)
    writeJournal(state, { runId, entries: [entry, { kind: 'fault', name, heal: 'kill -CONT 1' }] })
    expect(await heal()).toEqual({ found: [`${name} acting`], healed: 1 })
    expect(stateOf(one)).not.toBe('T')
  })
})

describe('a killed process', () => {
  const killed: JournalEntry = { kind: 'fault', name: 'kill node-2', heal: 'gauntlet clean' }

  it('cannot be started by anybody else: named, with what ends the rest', async () => {
    const { one, entry } = await start('node-1')
    writeJournal(state, { runId, entries: [entry, killed] })
    const { found, healed } = await heal()
    expect(found).toEqual(['kill node-2 stuck'])
    expect(healed).toMatchObject({
      code: 'E702',
      exitCode: 8,
      problems: [{ hint: expect.stringContaining('gauntlet clean') }],
    })
    expect(one.isAlive()).toBe(true)
  })

  it('is over where nothing of its cluster stands', async () => {
    writeJournal(state, { runId, entries: [killed] })
    expect(await heal()).toEqual({ found: ['kill node-2 over'], healed: 0 })
  })
})

type Proxy = { name: string; enabled: boolean; listen: string; upstream: string; toxics: { name: string }[] }

/** A server with the calls of Toxiproxy that healing makes; `stubborn` answers well and removes nothing. */
async function toxiproxy(proxies: Proxy[], stubborn = false): Promise<string> {
  const find = (name: string | undefined): Proxy | undefined => proxies.find(proxy => proxy.name === name)
  const server = createServer((request, response) => {
    const [, , name, , toxic] = request.url?.split('/') ?? []
    const proxy = find(name)
    let body = ''
    request.on('data', chunk => {
      body += String(chunk)
    })
    request.on('end', () => {
      if (proxy && request.method === 'DELETE' && !stubborn)
        proxy.toxics = proxy.toxics.filter(one => one.name !== toxic)
      if (proxy && request.method === 'PATCH') proxy.enabled = (JSON.parse(body) as { enabled: boolean }).enabled
      const answer = name === undefined ? Object.fromEntries(proxies.map(one => [one.name, one])) : proxy
      response.end(request.method === 'DELETE' ? '' : JSON.stringify(answer))
    })
  })
  servers.push(server)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const proxyOf = (name: string, enabled: boolean, ...toxics: string[]): Proxy => ({
  name,
  enabled,
  listen: '127.0.0.1:1',
  upstream: '127.0.0.1:2',
  toxics: toxics.map(toxic => ({ name: toxic })),
})
const linkFault = (api: string, links: string[], tag = 'fault-1-isolate'): JournalEntry => ({
  kind: 'fault',
  name: tag,
  heal: `curl -X POST ${api}/reset`,
  proxies: [{ server: 'proxy-1', api, links }],
})

describe('a fault on links', () => {
  it('loses its toxics and opens its links, and touches no other', async () => {
    const proxies = [
      proxyOf('a', true, 'fault-1-isolate-timeout-upstream', 'fault-10-isolate-timeout-upstream'),
      proxyOf('b', false),
      proxyOf('c', false),
    ]
    const api = await toxiproxy(proxies)
    const { entry } = await start('proxy-1')
    writeJournal(state, { runId, entries: [entry, linkFault(api, ['a', 'b'])] })
    expect(await heal()).toEqual({ found: ['fault-1-isolate acting'], healed: 1 })
    expect(proxies.map(({ enabled }) => enabled)).toEqual([true, true, false])
    expect(proxies[0]?.toxics).toEqual([{ name: 'fault-10-isolate-timeout-upstream' }])
  })

  it('that stays after its removal is named with the command that ends it', async () => {
    const api = await toxiproxy([proxyOf('a', true, 'fault-1-isolate-timeout-upstream')], true)
    const { entry } = await start('proxy-1')
    writeJournal(state, { runId, entries: [entry, linkFault(api, ['a'])] })
    const { healed } = await heal()
    expect(healed).toMatchObject({
      code: 'E702',
      problems: [{ hint: expect.stringContaining(`curl -X POST ${api}/reset`) }],
    })
    expect((await listJournals())[0]?.open.size).toBe(2)
  })

  it('is over where its server is gone, whoever answers at that address now', async () => {
    const proxies = [proxyOf('a', false, 'fault-1-isolate-timeout-upstream')]
    const api = await toxiproxy(proxies)
    writeJournal(state, { runId, entries: [linkFault(api, ['a'])] })
    expect((await heal()).found).toEqual(['fault-1-isolate over'])
    expect(proxies[0]).toMatchObject({ enabled: false, toxics: [{}] })
  })

  it('whose server does not answer is not called healed', async () => {
    const { entry } = await start('proxy-1')
    writeJournal(state, { runId, entries: [entry, linkFault('http://127.0.0.1:9', ['a'])] })
    const { found, healed } = await heal()
    expect(found).toEqual(['fault-1-isolate stuck'])
    expect(healed).toMatchObject({ code: 'E702' })
  })

  it('of a journal that does not name servers is handed to the reader while something stands', async () => {
    const { entry } = await start('proxy-1')
    const old: JournalEntry = { kind: 'fault', name: 'fault-1-isolate', heal: 'curl -X POST http://x/reset' }
    writeJournal(state, { runId, entries: [entry, old] })
    expect((await heal()).healed).toMatchObject({
      code: 'E702',
      problems: [{ hint: expect.stringContaining('http://x/reset') }],
    })
  })
})

type Engine = NonNullable<HealOptions['docker']> & { acts: string[] }

/** An engine with these containers, labelled as ours; `deaf` ones keep their state. */
function engineWith(states: Record<string, 'running' | 'frozen' | 'gone'>, deaf = false, lowered = false): Engine {
  const filled = new Set(Object.keys(states).filter(name => name.startsWith('full')))
  const acts: string[] = []
  const act = (verb: string) => async (name: string) => {
    acts.push(`${verb} ${name}`)
    if (!deaf) states[name] = 'running'
  }
  return {
    acts,
    list: async () => Object.keys(states).map(name => ({ kind: 'container', name })),
    remove: async () => expect.fail('healing removes nothing'),
    state: async name => states[name] ?? 'gone',
    unpause: act('unpause'),
    start: act('start'),
    hasLimits: async () => !lowered || acts.some(what => what.startsWith('limit')),
    isFilled: async name => filled.has(name),
    empty: async name => {
      acts.push(`empty ${name}`)
      filled.delete(name)
    },
    limit: async (name, limits) => void acts.push(`limit ${name} ${JSON.stringify(limits)}`),
  }
}
const container = (name: string): JournalEntry => ({ kind: 'container', name })
const fault = (name: string): JournalEntry => ({ kind: 'fault', name, heal: `docker unpause ${name}` })

describe('containers', () => {
  it('are unpaused and started, the last fault first', async () => {
    const docker = engineWith({ a: 'frozen', b: 'gone', c: 'running' })
    const entries = [...['a', 'b', 'c'].map(container), fault('freeze a'), fault('kill b'), fault('stop c')]
    writeJournal(state, { runId, entries })
    const { found, healed } = await heal({ docker })
    expect(found).toEqual(['stop c over', 'kill b acting', 'freeze a acting'])
    expect([healed, docker.acts]).toEqual([2, ['start b', 'unpause a']])
    expect((await listJournals())[0]?.open.size).toBe(3)
  })

  it('get back the CPU time that the journal says they had', async () => {
    const docker = engineWith({ a: 'running' }, false, true)
    const limits = { CpuPeriod: 100_000, CpuQuota: -1 }
    writeJournal(state, { runId, entries: [container('a'), { ...fault('limit a'), limits } as JournalEntry] })
    expect(await heal({ docker })).toEqual({ found: ['limit a acting'], healed: 1 })
    expect(docker.acts).toEqual(['limit a {"CpuPeriod":100000,"CpuQuota":-1}'])
  })

  it('get room on their log volume before they are started, and even where they still run', async () => {
    const docker = engineWith({ 'full-1': 'gone', 'full-2': 'running', a: 'running' })
    const names = ['full-1', 'full-2', 'a']
    writeJournal(state, { runId, entries: [...names.map(container), ...names.map(name => fault(`fill ${name}`))] })
    const { found, healed } = await heal({ docker })
    expect(found).toEqual(['fill a over', 'fill full-2 acting', 'fill full-1 acting'])
    expect([healed, docker.acts]).toEqual([2, ['empty full-2', 'start full-2', 'empty full-1', 'start full-1']])
  })

  it('that are not the run’s, or are gone, are not touched', async () => {
    const docker = engineWith({ other: 'frozen' })
    writeJournal(state, { runId, entries: [container('a'), fault('freeze a')] })
    expect((await heal({ docker })).found).toEqual(['freeze a over'])
    expect(docker.acts).toEqual([])
  })

  it('that stay frozen are said to be', async () => {
    const docker = engineWith({ a: 'frozen' }, true)
    writeJournal(state, { runId, entries: [container('a'), fault('freeze a')] })
    expect((await heal({ docker })).healed).toMatchObject({
      code: 'E702',
      message: expect.stringContaining('is frozen'),
    })
  })
})
