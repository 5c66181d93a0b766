// A generator that is held back must be found out: it says GENERATOR_LIMITED and exits 3, and never blames Kafka.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, describe, expect, it } from 'vitest'
import { runCli, startCli } from '../support/cli.ts'
import { requireOrSkip } from '../support/require.ts'

const folder = mkdtempSync(join(tmpdir(), 'gauntlet-starved-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const SCENARIO = `version: 1
name: starved
cluster: { nodes: 1 }
topics: [{ name: events, partitions: 1 }]
producers: [{ name: writers }]
load:
  phases:
    - { phase: warmup, for: 1s, rate: 200/s }
    - { phase: steady, for: 5s, rate: 200/s }
expect:
  - acked == stored
  - ack.p99 < 1s
`

/** The worker among the children of the command line. */
function workerOf(parent: number): number | undefined {
  return readdirSync('/proc')
    .map(Number)
    .filter(pid => Number.isInteger(pid))
    .find(pid => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
        const isChild = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === parent
        return isChild && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('load/worker')
      } catch {
        return false
      }
    })
}

describe('a worker stopped 50 of every 100 ms', () => {
  it('makes the run inconclusive, and the reason names the generator', async context => {
    requireOrSkip('java', context)
    const file = join(folder, 'starved.yaml')
    writeFileSync(file, SCENARIO)
    const state = join(folder, 'state')
    const run = startCli(['run', file, '--provider', 'process', '--out', folder], { env: { GAUNTLET_STATE: state } })
    let ended = false
    void run.done.then(() => {
      ended = true
    })
    while (!ended) {
      const worker = workerOf(run.child.pid ?? 0)
      try {
        if (worker !== undefined) process.kill(worker, 'SIGSTOP')
        await sleep(50)
        if (worker !== undefined) process.kill(worker, 'SIGCONT')
      } catch {
        // It ended between two looks.
      }
      await sleep(50)
    }
    const { exitCode, stdout, stderr } = await run.done
    expect(exitCode, stdout + stderr).toBe(3)
    expect(stdout).toContain('GENERATOR_LIMITED')
    expect(stdout).toMatch(/PASS\s+acked == stored/)
    const [id = ''] = readdirSync(join(folder, 'starved'))
    const judged = await runCli(['judge', join(folder, 'starved', id), '--expect', 'ack.p99 < 1ms', '--json'])
    expect(JSON.parse(judged.stdout)).toMatchObject({ rules: [{ verdict: 'inconclusive' }], exitCode: 3 })
  })
})
