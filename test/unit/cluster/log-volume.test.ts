// Volumes of a fixed size: what the engine is asked for, and a real file system in memory that is filled, emptied and cleaned up.
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { listJournals } from '../../../src/cluster/journal-file.ts'
import { DATA_PREFIX } from '../../../src/cluster/places.ts'
import { emptyCommand, volumeOptions } from '../../../src/cluster/providers/docker/log-volume.ts'
import { OWNER_FILE } from '../../../src/cluster/providers/process/files.ts'
import {
  empty,
  fill,
  isMountOf,
  mountVolume,
  readSpace,
  unmountVolume,
} from '../../../src/cluster/providers/process/log-volume.ts'
import { describeThing, findLeftovers } from '../../../src/cluster/reap.ts'
import { removeLeftovers } from '../../../src/cluster/reap-remove.ts'
import { writeJournal } from '../../support/journals.ts'

const MIB = 1024 * 1024
const root = realpathSync(mkdtempSync(join(tmpdir(), 'gauntlet-volume-')))
afterAll(() => rmSync(root, { recursive: true, force: true }))

describe('in a container', () => {
  it('is memory of that size, and a plain volume where none was asked for', () => {
    expect(volumeOptions(256 * MIB)).toEqual({
      Driver: 'local',
      DriverOpts: { type: 'tmpfs', device: 'tmpfs', o: 'size=268435456' },
    })
    expect(volumeOptions(undefined)).toEqual({})
  })

  it('gets its room back through its holder', () => {
    expect(emptyCommand('c')).toBe('docker exec c-holder rm -f /var/lib/kafka/data/.gauntlet-filler && docker start c')
  })
})

const probe = join(root, 'probe')
const lack = await mountVolume(probe, 'probe', MIB).then(
  () => unmountVolume(probe, 'probe'),
  (error: unknown) => error,
)

it('of a process that cannot be mounted says who may, and what to use instead', async () => {
  // No system mounts a size that is no number, whoever asks; who may not mount at all gets the same answer.
  const refused = await mountVolume(join(root, 'refused'), 'refused', Number.NaN).catch((error: unknown) => error)
  expect(refused).toMatchObject({ code: 'E306', problems: [{ hint: expect.stringContaining('--provider docker') }] })
})

describe.skipIf(lack !== undefined)('of a process', () => {
  let runId = ''
  let state = ''
  const mounted: string[] = []
  const before = process.env['GAUNTLET_STATE']
  beforeEach(() => {
    state = mkdtempSync(join(root, 'state-'))
    process.env['GAUNTLET_STATE'] = state
    runId = `volume-${state.slice(-6)}`
  })
  afterEach(async () => {
    if (before === undefined) delete process.env['GAUNTLET_STATE']
    else process.env['GAUNTLET_STATE'] = before
    for (const path of mounted.splice(0)) await unmountVolume(path, runId)
  })

  async function mount(path: string): Promise<void> {
    await mountVolume(path, runId, 8 * MIB)
    mounted.push(path)
  }

  it('is filled to the last byte and has its room again', async () => {
    const path = join(root, runId)
    await mount(path)
    expect(await readSpace(path)).toEqual({ totalBytes: 8 * MIB, freeBytes: 8 * MIB })
    // What the broker wrote need not end with a page.
    writeFileSync(join(path, 'segment'), Buffer.alloc(10_001))
    await fill(join(path, 'filler'), runId)
    expect((await readSpace(path)).freeBytes).toBe(0)
    expect(() => writeFileSync(join(path, 'more'), Buffer.alloc(4096))).toThrow(/ENOSPC/)
    await empty(join(path, 'filler'))
    expect((await readSpace(path)).freeBytes).toBeGreaterThan(7 * MIB)
  })

  it('never fills a disk that is not of its own', async () => {
    await expect(fill(join(root, 'filler'), runId)).rejects.toThrow(/no volume of a fixed size/)
    expect(existsSync(join(root, 'filler'))).toBe(false)
  })

  it('is taken away by clean-up before its directory, and only under the name of its run', async () => {
    const home = join(realpathSync(tmpdir()), `${DATA_PREFIX}${runId}`)
    mkdirSync(home)
    writeFileSync(join(home, OWNER_FILE), `${runId}\n`)
    const path = join(home, 'volume')
    await mount(path)
    expect([await isMountOf(path, runId), await isMountOf(path, 'other')]).toEqual([true, false])
    await unmountVolume(path, 'other')
    writeJournal(state, {
      runId,
      entries: [
        { kind: 'directory', path: home },
        { kind: 'mount', path },
        { kind: 'mount', path: join(root, 'elsewhere') },
      ],
    })
    const found = await findLeftovers()
    expect(found.flatMap(run => run.things).map(describeThing)).toEqual([
      `directory ${home}`,
      `file system mounted on ${path}`,
    ])
    await removeLeftovers(found)
    expect([await isMountOf(path, runId), existsSync(home)]).toEqual([false, false])
    expect(await listJournals()).toEqual([])
  })
})
