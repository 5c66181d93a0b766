// The cap on an external cluster holds for what really goes over the wire, not only for what was planned.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { runCli } from '../support/cli.ts'
import { requireOrSkip } from '../support/require.ts'
import { startCluster, topologyOf, useOwnJournals, withAdmin } from './process-support.ts'

useOwnJournals()
const folder = mkdtempSync(join(tmpdir(), 'gauntlet-cap-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Small records in batches of their own: several times their bytes go over the wire. */
const scenario = (bootstrap: readonly string[]): string => `version: 1
name: overhead
cluster: { bootstrap.servers: "${bootstrap.join(',')}" }
topics: [{ name: events, partitions: 3, replication.factor: 1 }]
producers: [{ name: writers, values: { size: 40B }, config: { linger.ms: 0 } }]
load: { phases: [{ phase: steady, for: 50s, rate: 150/s }] }
`

it('ends the run with exit 6, removes its topics, and keeps a recording', async context => {
  requireOrSkip('java', context)
  const held = await startCluster(topologyOf())
  try {
    const { bootstrap, info } = held.cluster
    const file = join(folder, 'overhead.yaml')
    writeFileSync(file, scenario(bootstrap))
    const flags = ['--allow-cluster', info.clusterId, '--max-rate-bytes', '6kB/s', '--out', folder]
    const result = await runCli(['run', file, ...flags])
    expect(result.exitCode, result.stderr + result.stdout).toBe(6)
    expect(result.stdout).toMatch(/above the cap of 5\.86 KiB\/s/)
    const topics = await withAdmin(held.cluster, admin => admin.listTopics())
    expect(topics.filter(name => name.startsWith('gauntlet-'))).toEqual([])
  } finally {
    await held[Symbol.asyncDispose]()
  }
})
