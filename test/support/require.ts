// What a test needs from the machine: skipped loudly where it is missing, failed where every suite is required.
import { spawnSync } from 'node:child_process'
import { appendFileSync, existsSync } from 'node:fs'
import type { TestContext } from 'vitest'
import { lackOfRdkafka } from '../../src/drivers/librdkafka/client.ts'

export type Need = 'java' | 'jdk' | 'rdkafka' | 'docker' | 'chromium' | 'kcat' | 'docker-compose'

const answers = (command: string, args: string[]): boolean => spawnSync(command, args, { timeout: 20_000 }).status === 0

/** The reason why something is missing, or undefined where it is there. */
const LACKS: Record<Need, () => string | undefined> = {
  java: () => (answers('java', ['-version']) ? undefined : 'no java command'),
  jdk: () => (answers('javac', ['-version']) ? undefined : 'no javac command'),
  rdkafka: () => lackOfRdkafka()?.reason,
  docker: () => {
    if (!answers('docker', ['info'])) return 'no Docker daemon answers'
    const images = String(spawnSync('docker', ['images', '--format', '{{.Repository}}']).stdout)
    return /kafka-gauntlet\/kafka|apache\/kafka/.test(images) ? undefined : 'no image of Kafka (gauntlet images build)'
  },
  chromium: () => (existsSync('/usr/bin/chromium') ? undefined : 'no /usr/bin/chromium'),
  kcat: () => (answers('kcat', ['-V']) ? undefined : 'no kcat command'),
  'docker-compose': () => (answers('docker-compose', ['version']) ? undefined : 'no docker-compose command'),
}

const known = new Map<Need, string | undefined>()

/** Skips the test where the machine lacks something; GAUNTLET_TEST_REQUIRE=all makes that a failure. */
export function requireOrSkip(need: Need, context?: Pick<TestContext, 'skip'>): void {
  if (!known.has(need)) known.set(need, LACKS[need]())
  const lack = known.get(need)
  if (lack === undefined) return
  if (process.env['GAUNTLET_TEST_REQUIRE'] === 'all') throw new Error(`required here: ${need}: ${lack}`)
  const log = process.env['GAUNTLET_SKIP_LOG']
  if (log) appendFileSync(log, `${need}: ${lack}\n`)
  if (!context) throw new Error(`${need}: ${lack} (pass the test context to skip)`)
  context.skip(`${need}: ${lack}`)
}
