// gauntlet cluster: up outlives its command, status and logs look at it, clean spares it, down takes exactly it away.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, describe, expect, it } from 'vitest'
import { listJournals } from '../../src/cluster/journal-file.ts'
import { waitForCluster } from '../../src/cluster/ready.ts'
import { type CliResult, runCli, startCli } from '../support/cli.ts'
import { requireOrSkip } from '../support/require.ts'
import { remainsOf, useOwnJournals } from './process-support.ts'

const state = useOwnJournals()
const folder = mkdtempSync(join(tmpdir(), 'gauntlet-standing-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const gauntlet = (...args: string[]): Promise<CliResult> =>
  runCli(args, { cwd: folder, env: { GAUNTLET_STATE: state } })

async function said(...args: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await gauntlet(...args)
  expect(exitCode, stderr).toBe(0)
  return stdout
}

const answers = (brokers: string[]): Promise<string> =>
  waitForCluster({ brokers, expected: brokers.length, deadlineMs: 20_000, stillAlive: () => {} })

/** What the engine or the system still holds of a cluster. */
function remains(provider: string, id: string): string[] {
  if (provider === 'process') return remainsOf(id)
  const filter = ['--filter', `label=kafka-gauntlet.run=${id}`]
  const list = (...args: string[]) => String(execFileSync('docker', [...args, ...filter])).trim()
  return [list('ps', '-aq'), list('network', 'ls', '-q'), list('volume', 'ls', '-q')].filter(text => text !== '')
}

describe.each(['process', 'docker'] as const)('with %s', provider => {
  const need = provider === 'docker' ? 'docker' : 'java'

  it('up, status, logs, clean, down', async context => {
    requireOrSkip(need, context)
    const up = await said('cluster', 'up', '--provider', provider, '--brokers', '1')
    const id = /cluster (\S+) /.exec(up)?.[1] ?? ''
    const brokers = /^export BOOTSTRAP=(.+)$/m.exec(up)?.[1]?.split(',') ?? []
    try {
      expect(up).toContain(`1   broker-1  broker+controller  ${brokers[0]}`)
      const clusterId = await answers(brokers)
      expect(await said('cluster', 'status')).toMatch(/broker-1 .* running/)
      expect(
        (await said('cluster', 'logs', '--node', 'broker-1', '--lines', '2000')).split('\n').length,
      ).toBeGreaterThan(20)
      const wrong = await gauntlet('cluster', 'logs', '--node', 'brocker-1')
      expect([wrong.exitCode, wrong.stderr]).toEqual([2, expect.stringContaining('did you mean broker-1?')])

      expect(await said('clean', '--yes')).toContain('gauntlet cluster down')
      expect(await answers(brokers)).toBe(clusterId)
      const other = await gauntlet('cluster', 'down', 'another')
      expect([other.exitCode, other.stderr]).toEqual([2, expect.stringContaining(id)])
      expect(await answers(brokers)).toBe(clusterId)
    } finally {
      expect(await said('cluster', 'down')).toContain(`cluster ${id}: removed`)
    }
    expect(remains(provider, id)).toEqual([])
    expect(await said('cluster', 'status')).toContain('no cluster is up')
    expect(await said('cluster', 'down')).toContain('no cluster is up')
  })

  it('a node that was killed is told as gone, and down still takes the rest away', async context => {
    requireOrSkip(need, context)
    const up = await said('cluster', 'up', '--provider', provider, '--brokers', '1')
    const id = /cluster (\S+) /.exec(up)?.[1] ?? ''
    const journal = (await listJournals()).find(candidate => candidate.runId === id)
    const handle = journal?.detached?.info.nodes[0]?.handle ?? ''
    if (provider === 'docker') execFileSync('docker', ['kill', handle])
    else process.kill(Number(handle), 'SIGKILL')
    expect(await said('cluster', 'status')).toMatch(/broker-1 .* gone/)
    await said('cluster', 'down', id)
    expect(remains(provider, id)).toEqual([])
  })

  it('a start that was killed is no standing cluster: clean takes it', async context => {
    requireOrSkip(need, context)
    const starting = startCli(['cluster', 'up', '--provider', provider], {
      cwd: folder,
      env: { GAUNTLET_STATE: state },
    })
    let id = ''
    while (id === '') {
      id = (await listJournals()).find(({ open }) => open.size >= 2)?.runId ?? ''
      await sleep(2)
    }
    starting.child.kill('SIGKILL')
    await starting.done
    expect(await said('cluster', 'status')).toContain('no cluster is up')
    await said('clean', '--yes')
    expect(remains(provider, id)).toEqual([])
  })
})

describe('wrong usage', () => {
  it.each([
    [['cluster', 'pu'], 'did you mean up?'],
    [['cluster', 'up', '--brokers', '0'], '--brokers'],
    [['cluster', 'up', '--brokers', '99'], '--brokers'],
    [['cluster', 'up', '--kafka', '4.3'], '--kafka'],
    [['cluster', 'logs'], 'no cluster is up'],
    [['cluster', 'down', 'nothing'], 'no cluster nothing is up'],
  ])('%j → exit 2 and nothing started', async (args, fragment) => {
    const { exitCode, stderr } = await gauntlet(...args)
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining(fragment)])
    expect(await listJournals()).toEqual([])
  })
})
