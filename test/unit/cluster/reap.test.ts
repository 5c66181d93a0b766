// What clean-up calls ours: both keys or hands off, with real processes and directories as decoys.
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { sweepDeadRuns } from '../../../src/cli/shared/sweep.ts'
import type { JournalEntry } from '../../../src/cluster/journal.ts'
import { listJournals } from '../../../src/cluster/journal-file.ts'
import { DATA_PREFIX } from '../../../src/cluster/places.ts'
import type { DockerItem, DockerReaper } from '../../../src/cluster/providers/docker/remove.ts'
import { OWNER_FILE } from '../../../src/cluster/providers/process/files.ts'
import { describeThing, findLeftovers } from '../../../src/cluster/reap.ts'
import { removeLeftovers } from '../../../src/cluster/reap-remove.ts'
import { HarnessError } from '../../../src/core/errors.ts'
import { leaseOf, type Sleeper, sleeper, writeJournal } from '../../support/journals.ts'

const root = mkdtempSync(join(tmpdir(), 'gauntlet-reap-'))
const before = process.env['GAUNTLET_STATE']
const sleepers: Sleeper[] = []
const folders: string[] = []
let state = ''
let runId = ''

beforeEach(() => {
  state = mkdtempSync(join(root, 'state-'))
  process.env['GAUNTLET_STATE'] = state
  runId = `reap-${state.slice(-6)}`
})
afterEach(() => {
  if (before === undefined) delete process.env['GAUNTLET_STATE']
  else process.env['GAUNTLET_STATE'] = before
  for (const one of sleepers.splice(0)) one.end()
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

async function start(env: Record<string, string> = {}): Promise<Sleeper> {
  const one = await sleeper(env)
  sleepers.push(one)
  return one
}
const marked = (run = runId, node = 'node-1') => start({ GAUNTLET_RUN: run, GAUNTLET_NODE: node })
const entryOf = ({ pid, startTicks }: Sleeper): JournalEntry => ({ kind: 'process', name: 'node-1', pid, startTicks })

/** A directory as the process provider makes one; the last argument says whose mark it carries. */
function makeDirectory(name: string, owner: string | null = runId, parent = tmpdir()): string {
  const path = join(parent, name)
  mkdirSync(path)
  folders.push(path)
  writeFileSync(join(path, 'data'), 'something')
  if (owner !== null) writeFileSync(join(path, OWNER_FILE), `${owner}\n`)
  return path
}

/** An engine that holds these things under the label of any run; it notes what it was asked to remove. */
function engineWith(...lists: DockerItem[][]): DockerReaper & { removed: string[]; asked: number } {
  const engine = {
    removed: [] as string[],
    asked: 0,
    list: async () => lists[Math.min(engine.asked++, lists.length - 1)] ?? [],
    remove: async ({ kind, name }: DockerItem) => void engine.removed.push(`${kind} ${name}`),
  }
  return engine
}
const unreachable: DockerReaper = {
  list: async () => {
    throw new HarnessError({ code: 'E301', message: 'Docker does not answer' })
  },
  remove: async () => expect.fail('asked to remove without having been listed'),
}

async function reap(docker: DockerReaper = engineWith([])): Promise<string[]> {
  const found = await findLeftovers({ docker })
  const names = found.flatMap(run => run.things).map(describeThing)
  await removeLeftovers(found, { docker })
  return names
}

describe('processes', () => {
  it('journaled, marked, and of the same start: ended, and the journal is gone', async () => {
    const ours = await marked()
    writeJournal(state, { runId, entries: [entryOf(ours)] })
    expect(await reap()).toEqual([`process node-1 (pid ${ours.pid})`])
    expect(ours.isAlive()).toBe(false)
    expect(await listJournals()).toEqual([])
  })

  it('a stopped one is ended too', async () => {
    const ours = await marked()
    process.kill(ours.pid, 'SIGSTOP')
    writeJournal(state, {
      runId,
      entries: [entryOf(ours), { kind: 'fault', name: 'freeze node-1', heal: `kill -CONT ${ours.pid}` }],
    })
    await reap()
    expect(ours.isAlive()).toBe(false)
    expect(await listJournals()).toEqual([])
  })

  it('announced, but not yet numbered: found by its marks', async () => {
    const [ours, sibling] = [await marked(), await marked(runId, 'node-2')]
    writeJournal(state, { runId, entries: [{ kind: 'process', name: 'node-1' }] })
    await reap()
    expect([ours.isAlive(), sibling.isAlive()]).toEqual([false, true])
  })

  it.each<[string, () => Promise<Sleeper>, Partial<{ pid: number; startTicks: number }>]>([
    ['carries no mark', () => start(), {}],
    ['carries the mark of another run', () => marked('reap-other'), {}],
    ['carries a mark that only begins alike', () => marked(`${runId}-2`), {}],
    ['got the number of one that is gone', () => marked(), { startTicks: 2 }],
    ['has another number', () => marked(), { pid: 1 }],
  ])('one that %s is left alone', async (_, make, changes) => {
    const decoy = await make()
    writeJournal(state, { runId, entries: [{ ...entryOf(decoy), ...changes } as JournalEntry] })
    expect(await reap()).toEqual([])
    expect(decoy.isAlive()).toBe(true)
    expect(await listJournals()).toEqual([])
  })

  it.each([
    ['marked, but struck out of the journal', { undone: [1] }],
    ['of a run whose owner lives', { lease: leaseOf('any') }],
    ['of a run on another machine', { lease: { host: 'elsewhere' } }],
  ])('one %s is left alone', async (_, changes) => {
    const decoy = await marked()
    writeJournal(state, { runId, entries: [entryOf(decoy)], ...changes })
    expect(await reap()).toEqual([])
    expect(decoy.isAlive()).toBe(true)
  })

  it('of a standing cluster: only when it is asked for by name', async () => {
    const ours = await marked()
    const info = { provider: 'process', clusterId: 'c', kafkaVersion: '4.3.1', path: 'loopback', nodes: [] } as const
    writeJournal(state, { runId, entries: [entryOf(ours)], detached: { info: { ...info, nodes: [] }, bootstrap: [] } })
    expect(await reap()).toEqual([])
    expect(await findLeftovers({ detached: ['another'] })).toEqual([])
    expect(ours.isAlive()).toBe(true)
    await removeLeftovers(await findLeftovers({ detached: [runId] }))
    expect(ours.isAlive()).toBe(false)
  })
})

describe('directories', () => {
  const entry = (path: string): JournalEntry => ({ kind: 'directory', path })

  it('journaled, named after the run and marked as its own: removed, also an empty one', async () => {
    const path = makeDirectory(`${DATA_PREFIX}${runId}`)
    const bare = join(tmpdir(), `${DATA_PREFIX}${runId}-training`)
    mkdirSync(bare)
    folders.push(bare)
    writeJournal(state, { runId, entries: [entry(path), entry(bare)] })
    expect(await reap()).toHaveLength(2)
    expect([existsSync(path), existsSync(bare)]).toEqual([false, false])
  })

  it.each<[string, () => string]>([
    ['without a mark', () => makeDirectory(`${DATA_PREFIX}${runId}`, null)],
    ['with the mark of another run', () => makeDirectory(`${DATA_PREFIX}${runId}`, 'reap-other')],
    ['of another name', () => makeDirectory(`precious-${runId}`)],
    ['named after a longer run id', () => makeDirectory(`${DATA_PREFIX}${runId}2`)],
    ['in another place', () => makeDirectory(`${DATA_PREFIX}${runId}`, runId, root)],
    [
      'that is a link',
      () => {
        const path = join(tmpdir(), `${DATA_PREFIX}${runId}`)
        symlinkSync(makeDirectory(`target-${runId}`), path)
        folders.push(path)
        return path
      },
    ],
    [
      'that is reached by a detour',
      () => {
        const path = join(tmpdir(), `${DATA_PREFIX}${runId}-empty`)
        mkdirSync(path)
        folders.push(path)
        return `/sys/fs/cgroup/../../..${path}`
      },
    ],
  ])('one %s stays, and is named', async (_, make) => {
    const path = make()
    writeJournal(state, { runId, entries: [entry(path)] })
    expect(existsSync(path)).toBe(true)
    const refusal = { code: 'E701', exitCode: 8, message: expect.stringContaining(path) }
    await expect(reap()).rejects.toMatchObject(refusal)
    expect(await listJournals()).toHaveLength(1)
    for (const folder of folders) expect(existsSync(folder)).toBe(true)
  })
})

describe('things of Docker', () => {
  const all: DockerItem[] = [
    { kind: 'network', name: 'gauntlet-n' },
    { kind: 'volume', name: 'gauntlet-v' },
    { kind: 'container', name: 'gauntlet-c' },
  ]

  it('journaled and labelled: removed, containers first and networks last', async () => {
    const engine = engineWith(all)
    writeJournal(state, { runId, entries: all })
    await reap(engine)
    expect(engine.removed).toEqual(['container gauntlet-c', 'volume gauntlet-v', 'network gauntlet-n'])
    expect(await listJournals()).toEqual([])
  })

  it('labelled but not journaled, journaled but not labelled, or of another kind: left alone', async () => {
    const engine = engineWith([
      { kind: 'container', name: 'gauntlet-foreign' },
      { kind: 'volume', name: 'gauntlet-c' },
    ])
    writeJournal(state, { runId, entries: all })
    expect(await reap(engine)).toEqual([])
    expect(engine.removed).toEqual([])
    expect(await listJournals()).toEqual([])
  })

  it('created by the engine after the crash: waited for while the crash is fresh', async () => {
    const engine = engineWith([], all.slice(2))
    writeJournal(state, { runId, entries: all.slice(2), fresh: true })
    await reap(engine)
    expect(engine.asked).toBe(2)
    expect(engine.removed).toEqual(['container gauntlet-c'])
  })

  it('with the engine down: said, kept in the journal, and the rest is removed all the same', async () => {
    const ours = await marked()
    const fault: JournalEntry = { kind: 'fault', name: 'pause', heal: 'docker unpause gauntlet-c' }
    writeJournal(state, { runId, entries: [...all, fault, entryOf(ours)] })
    await expect(reap(unreachable)).rejects.toMatchObject({
      code: 'E701',
      message: expect.stringMatching(/container gauntlet-c \(Docker does not answer\)/),
      problems: [{ hint: expect.stringContaining('docker rm -f -v gauntlet-c') }],
    })
    expect(ours.isAlive()).toBe(false)
    expect([...((await listJournals())[0]?.open.values() ?? [])]).toEqual([...all, fault])
    const engine = engineWith(all)
    await reap(engine)
    expect(engine.removed).toHaveLength(3)
  })

  it('that cannot be removed: named with the command, and kept in the journal', async () => {
    const engine = { ...engineWith(all), remove: async () => Promise.reject(new Error('is busy')) }
    writeJournal(state, { runId, entries: all })
    await expect(reap(engine)).rejects.toMatchObject({ code: 'E701', message: expect.stringContaining('is busy') })
    expect((await listJournals())[0]?.open.size).toBe(3)
  })

  it('are not asked for where no journal names any', async () => {
    writeJournal(state, { runId, entries: [{ kind: 'process', name: 'node-1', pid: 1, startTicks: 1 }] })
    expect(await reap(unreachable)).toEqual([])
  })
})

describe('before a run', () => {
  const said = async (): Promise<string[]> => {
    const lines: string[] = []
    await sweepDeadRuns(line => void lines.push(line))
    return lines
  }

  it('nothing is said where there is nothing, or only a journal', async () => {
    expect(await said()).toEqual([])
    writeJournal(state, { runId })
    expect(await said()).toEqual([])
    expect(await listJournals()).toEqual([])
  })

  it('one line says what was removed', async () => {
    const ours = await marked()
    const path = makeDirectory(`${DATA_PREFIX}${runId}`)
    writeJournal(state, { runId, entries: [entryOf(ours), { kind: 'directory', path }] })
    expect(await said()).toEqual([`removed what the dead run ${runId} left: 1 process, 1 directory`])
  })

  it('what cannot be removed is a warning, and topics are left for clean', async () => {
    const path = makeDirectory(`${DATA_PREFIX}${runId}`, 'reap-other')
    const topic: JournalEntry = {
      kind: 'topic',
      bootstrap: ['127.0.0.1:1'],
      name: `gauntlet-${runId}-t`,
      clusterId: 'c',
    }
    writeJournal(state, { runId, entries: [{ kind: 'directory', path }, topic] })
    const lines = await said()
    expect(lines[0]).toContain(path)
    expect(lines.at(-1)).toContain('1 topic on somebody else’s brokers')
    expect((await listJournals())[0]?.open.size).toBe(2)
  })
})

describe('topics on somebody else’s brokers', () => {
  it('of a name that is not the run’s, or on brokers that do not answer, stay and are named', async () => {
    const topic = (name: string): JournalEntry => ({ kind: 'topic', bootstrap: ['127.0.0.1:1'], name, clusterId: 'c' })
    writeJournal(state, { runId, entries: [topic('orders'), topic(`gauntlet-${runId}-t001-x`)] })
    const error = (await reap().catch((thrown: unknown) => thrown)) as HarnessError
    expect(error).toMatchObject({ code: 'E701' })
    expect(error.message).toMatch(/orders.*not one of this run/)
    expect(error.message).toMatch(/t001-x.*cannot reach 127\.0\.0\.1:1/)
    expect(error.problems[0]?.hint).toContain(
      `kafka-topics.sh --bootstrap-server 127.0.0.1:1 --delete --topic gauntlet-${runId}`,
    )
  })
})
