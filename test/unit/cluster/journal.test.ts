// The journal: on disk before the act, readable after any crash, and honest about who answers for it.
import { spawn } from 'node:child_process'
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  type DetachedCluster,
  listJournals,
  openJournal,
  ownerOf,
  parseJournal,
  settleJournal,
} from '../../../src/cluster/journal-file.ts'
import { ROOT } from '../../support/cli.ts'
import { leaseOf, writeJournal } from '../../support/journals.ts'

const root = mkdtempSync(join(tmpdir(), 'gauntlet-journal-'))
const before = process.env['GAUNTLET_STATE']
let state = ''
beforeEach(() => {
  state = mkdtempSync(join(root, 'state-'))
  process.env['GAUNTLET_STATE'] = state
})
afterEach(() => {
  if (before === undefined) delete process.env['GAUNTLET_STATE']
  else process.env['GAUNTLET_STATE'] = before
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

const container = (name: string) => ({ kind: 'container' as const, name })
const only = async () => {
  const journals = await listJournals()
  expect(journals).toHaveLength(1)
  return journals[0] ?? expect.fail('no journal')
}
const cluster: DetachedCluster = {
  info: { provider: 'process', clusterId: 'c', kafkaVersion: '4.3.1', path: 'loopback', nodes: [] },
  bootstrap: ['127.0.0.1:1'],
}

describe('what a run writes', () => {
  it('is on disk when the promise resolves, struck out when undone, and gone when nothing is left', async () => {
    const journal = await openJournal('run-1')
    const [a, b] = [await journal.record(container('a')), await journal.record({ kind: 'directory', path: '/tmp/b' })]
    expect([...(await only()).open.values()]).toEqual([container('a'), { kind: 'directory', path: '/tmp/b' }])
    await journal.undone(a)
    expect([...(await only()).open.keys()]).toEqual([b])
    await journal.undone(b)
    await journal.close()
    expect(existsSync(journal.path)).toBe(false)
  })

  it('stays where something is left', async () => {
    const journal = await openJournal('run-2')
    await journal.record(container('a'))
    await journal.close()
    expect([...(await only()).open.values()]).toEqual([container('a')])
  })

  it('keeps the order of many writes at once', async () => {
    const journal = await openJournal('run-3')
    const numbers = await Promise.all(Array.from({ length: 50 }, (_, i) => journal.record(container(`c${i}`))))
    expect(numbers).toEqual(Array.from({ length: 50 }, (_, i) => i + 1))
    const lines = readFileSync(journal.path, 'utf8').trim().split('\n').slice(1)
    expect(lines.map(line => (JSON.parse(line) as { n: number }).n)).toEqual(numbers)
    await journal.close()
  })

  it('belongs to one writer: a second one is refused and changes nothing', async () => {
    const journal = await openJournal('run-4')
    await journal.record(container('a'))
    const text = readFileSync(journal.path, 'utf8')
    await expect(openJournal('run-4')).rejects.toMatchObject({
      code: 'E310',
      message: expect.stringContaining('EEXIST'),
    })
    expect(readFileSync(journal.path, 'utf8')).toBe(text)
    expect(readdirSync(join(state, 'kafka-gauntlet', 'runs'))).toEqual(['run-4.journal'])
    await journal.close()
  })

  it('is refused, before anything is started, where it cannot be written', async () => {
    process.env['GAUNTLET_STATE'] = join(state, 'file')
    writeFileSync(join(state, 'file'), '')
    await expect(openJournal('run-5')).rejects.toMatchObject({
      code: 'E310',
      exitCode: 4,
      problems: [{ hint: expect.stringContaining('GAUNTLET_STATE') }],
    })
  })

  it.each(['', '../escape', 'a/b', '.hidden'])('takes no run id like %j', async runId => {
    await expect(openJournal(runId)).rejects.toThrow('not a run id')
  })
})

describe('what a crash leaves', () => {
  it.each([
    ['{"n":2,"entry":{"kind":"cont', 0],
    ['{"n":2,"entry":{"kind":"container","name":"late"}}', 0],
    ['garbage\n', 1],
    ['5\nnull\n[]\n', 3],
  ])('the end %j costs no whole line before it', async (torn, damaged) => {
    writeJournal(state, { runId: 'torn', entries: [container('a')], torn })
    const journal = await only()
    expect([...journal.open.values()]).toEqual([container('a')])
    expect(journal.damagedLines).toBe(damaged)
    expect(journal.owner).toBe('dead')
  })

  it('is readable cut off at every byte after the lease', () => {
    const path = writeJournal(state, { runId: 'cut', entries: [container('a'), container('b')], undone: [1] })
    const text = readFileSync(path, 'utf8')
    const seen = new Set<string>()
    for (let length = text.indexOf('\n') + 1; length <= text.length; length++) {
      const { lease, open, damagedLines } = parseJournal(text.slice(0, length))
      expect(lease?.runId).toBe('cut')
      expect(damagedLines).toBe(0)
      seen.add([...open.keys()].join())
    }
    expect([...seen]).toEqual(['', '1', '1,2', '2'])
  })

  it('can be settled after a torn line', async () => {
    const path = writeJournal(state, { runId: 'settle', entries: [container('a'), container('b')], torn: '{"undo' })
    await settleJournal(path, [1], false)
    expect([...(await only()).open.values()]).toEqual([container('b')])
    await settleJournal(path, [2], true)
    expect(await listJournals()).toEqual([])
  })

  it('is not made anew by a second clean-up that comes too late', async () => {
    const path = writeJournal(state, { runId: 'late', entries: [container('a')] })
    rmSync(path)
    await settleJournal(path, [1], false)
    await settleJournal(path, [1], true)
    expect(existsSync(path)).toBe(false)
  })

  it('names no owner where the lease is lost, and is then nobody’s to clean', async () => {
    const path = writeJournal(state, { runId: 'headless', entries: [container('a')] })
    truncateSync(path, 10)
    appendFileSync(path, '\n')
    expect((await only()).owner).toBe('unknown')
  })
})

describe('who answers for a journal', () => {
  it('a living process', () => expect(ownerOf(leaseOf('x'))).toBe('alive'))

  it('nobody, once its process has ended by SIGKILL', async () => {
    const code = `import { openJournal } from ${JSON.stringify(join(ROOT, 'src/cluster/journal-file.ts'))}
      const journal = await openJournal('killed'); await journal.record({ kind: 'volume', name: 'v' })
      console.log('ready'); setInterval(() => {}, 1000)`
    const child = spawn(process.execPath, ['--input-type=module-typescript', '--eval', code], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await new Promise<void>(resolve => child.stdout.once('data', () => resolve()))
    expect((await only()).owner).toBe('alive')
    child.kill('SIGKILL')
    await new Promise<void>(resolve => child.once('exit', () => resolve()))
    const journal = await only()
    expect(journal.owner).toBe('dead')
    expect([...journal.open.values()]).toEqual([{ kind: 'volume', name: 'v' }])
  })

  it.each([
    ['dead', 'the number belongs to a process that started at another time', { startTicks: 1 }],
    ['dead', 'the machine has started anew since', { bootId: 'another boot' }],
    ['unknown', 'it was written on another machine', { host: 'elsewhere' }],
    ['unknown', 'its numbers count in another container', { pidNamespace: 'pid:[1]' }],
    ['dead', 'it was another container, but before this boot', { bootId: 'another boot', pidNamespace: 'pid:[1]' }],
  ])('%s where %s', (expected, _, changes) => expect(ownerOf(leaseOf('x', changes))).toBe(expected))

  it('detached only after the cluster was given away', async () => {
    const journal = await openJournal('stay')
    await journal.record(container('a'))
    await journal.detach(cluster)
    await journal.close()
    expect(await only()).toMatchObject({ owner: 'alive', detached: cluster })
    expect(ownerOf(leaseOf('stay', { startTicks: 1 }), cluster)).toBe('detached')
    expect(ownerOf(leaseOf('stay', { startTicks: 1 }))).toBe('dead')
  })
})
