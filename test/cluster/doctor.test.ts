// gauntlet doctor on this very machine: what it finds is so, every doubt has its fix, and it leaves nothing behind.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { JournalEntry } from '../../src/cluster/journal.ts'
import { listJournals } from '../../src/cluster/journal-file.ts'
import { type CliResult, runCli } from '../support/cli.ts'
import { writeJournal } from '../support/journals.ts'
import { requireOrSkip } from '../support/require.ts'
import { useOwnJournals } from './process-support.ts'

const state = useOwnJournals()
const empty = mkdtempSync(join(tmpdir(), 'gauntlet-nothing-'))
afterAll(() => rmSync(empty, { recursive: true, force: true }))

type Report = {
  possible: boolean
  providers: Record<'process' | 'docker', boolean>
  findings: { check: string; state: 'ok' | 'warn' | 'fail'; detail: string; fix?: string }[]
}

async function examine(env: Record<string, string> = {}): Promise<Report & Pick<CliResult, 'exitCode' | 'seconds'>> {
  const { stdout, stderr, exitCode, seconds } = await runCli(['doctor', '--json'], {
    env: { GAUNTLET_STATE: state, ...env },
  })
  expect(stderr).toBe('')
  const report = JSON.parse(stdout) as Report
  for (const { check, state: how, fix } of report.findings) if (how !== 'ok') expect(fix, check).toMatch(/\S/)
  return { ...report, exitCode, seconds }
}
const find = ({ findings }: Report, check: string) =>
  findings.find(finding => finding.check === check) ?? expect.fail(`nothing about ${check}`)

const NO_DOCKER = { DOCKER_HOST: 'unix:///no/such.sock' }
const NO_JAVA = { PATH: empty, JAVA_HOME: '', KAFKA_HOME: '', GAUNTLET_CACHE: empty }

describe('gauntlet doctor', () => {
  it('looks at everything a run needs', async () => {
    const report = await examine()
    const checks = report.findings.map(finding => finding.check)
    for (const check of [
      ...['Node', 'memory', 'disk for data', 'disk for recordings', 'cores', 'taskset', 'open files', 'ports'],
      ...['clock source', 'steal', 'Java', 'Kafka jars', 'Docker', 'hop to a container', 'dead runs'],
    ])
      expect(checks).toContain(check)
    expect(find(report, 'Node')).toMatchObject({ state: 'ok', detail: process.versions.node })
    expect(report.exitCode).toBe(report.possible ? 0 : 4)
  })

  it('with Docker: the engine, the image, and a hop to a container that is gone afterwards', async context => {
    requireOrSkip('docker', context)
    const list = () => String(execFileSync('docker', ['ps', '-aq', '--filter', 'name=gauntlet-.*-hop$'])).trim()
    const report = await examine()
    expect(report.providers.docker).toBe(true)
    expect(find(report, 'Docker').detail).toMatch(/API 1\.\d+/)
    expect(find(report, 'hop to a container')).toMatchObject({ state: 'ok', detail: expect.stringMatching(/\d ms/) })
    expect(list()).toBe('')
    expect(await listJournals()).toEqual([])
  })

  it('without Docker: possible with processes, and what was not tried is said', async context => {
    requireOrSkip('java', context)
    const report = await examine(NO_DOCKER)
    expect(report).toMatchObject({ exitCode: 0, possible: true, providers: { process: true, docker: false } })
    expect(find(report, 'hop to a container').detail).toContain('SKIPPED')
    expect(report.findings.filter(finding => finding.state === 'fail')).toEqual([])
  })

  it('with neither Java nor Docker: exit 4, and what to install', async () => {
    const report = await examine({ ...NO_DOCKER, ...NO_JAVA })
    expect(report).toMatchObject({ exitCode: 4, possible: false, providers: { process: false, docker: false } })
    expect(find(report, 'Java')).toMatchObject({ state: 'fail', fix: expect.stringContaining('install Java') })
    expect(find(report, 'Kafka jars')).toMatchObject({ state: 'fail', fix: expect.stringContaining('KAFKA_HOME') })
    expect(find(report, 'Docker')).toMatchObject({ state: 'fail', fix: expect.stringContaining('dockerd') })
    expect(find(report, 'taskset').state).toBe('warn')
    expect(report.seconds).toBeLessThan(10)
  })

  it('tells what dead runs left', async () => {
    const topic: JournalEntry = { kind: 'topic', bootstrap: ['127.0.0.1:1'], name: 'gauntlet-dead-t', clusterId: 'c' }
    const path = writeJournal(state, { runId: 'dead', entries: [topic] })
    const report = await examine(NO_DOCKER)
    expect(find(report, 'dead runs')).toMatchObject({ state: 'warn', detail: 'left 1 topic', fix: 'gauntlet clean' })
    rmSync(path)
  })
})
