// Files of killed members know when their life ended: the first file from the first kill, each later life from its own, and nobody else's.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { EventBody } from '../../../src/recording/format.ts'
import { groupDirectory, groupPath, pathOfLife } from '../../../src/recording/places.ts'
import { RunWriter } from '../../../src/recording/run-writer.ts'
import { openMembers } from '../../../src/run/verify.ts'

const folder = mkdtempSync(join(tmpdir(), 'gauntlet-members-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const killed = (actedUs: number, workers: string[], change: Partial<EventBody> = {}): EventBody => ({
  ...{ kind: 'event', atUs: actedUs + 10, name: 'fault.proven' },
  detail: { kind: 'worker-kill', workers, actedUs },
  ...change,
})

test('each life of a member ends with its own kill', async () => {
  mkdirSync(groupDirectory(folder, 1), { recursive: true })
  const first = (worker: string): string => groupPath(folder, 1, worker)
  const paths = [
    first('billing-0'),
    pathOfLife(first('billing-0'), 2),
    pathOfLife(first('billing-0'), 3),
    first('web.bin-1'),
  ]
  for (const path of paths) {
    const head = { envelopeRun: 7, number: 0, partition: 0, beginOffset: 0, endOffset: 0 }
    await new RunWriter(path, 'group', head).close(false)
  }
  const members = await openMembers(folder, 1, [
    killed(9000, ['billing-0']),
    killed(5000, ['web.bin-1', 'billing-0']),
    killed(3000, ['billing-0'], { name: 'fault.void' }),
    killed(2000, ['billing-0'], { detail: { kind: 'worker-freeze', workers: ['billing-0'], actedUs: 2000 } }),
  ])
  expect(Object.fromEntries(members.map(({ name, endedUs }) => [name, endedUs]))).toEqual({
    'group/billing-0.bin': 5000,
    'group/billing-0.life-2.bin': 9000,
    'group/billing-0.life-3.bin': undefined,
    'group/web.bin-1.bin': 5000,
  })
})
