// Finds a Java that can run Kafka's broker.
import { join } from 'node:path'
import { HarnessError } from '../core/errors.ts'
import { runProgram } from './outside-program.ts'

export type Java = { path: string; version: string }

/** Kafka's broker is compiled for this release since 4.0. */
const MINIMUM_RELEASE = 17
const HINT = `install Java ${MINIMUM_RELEASE} or later (Debian, Ubuntu: apt-get install openjdk-17-jre-headless), or point JAVA_HOME at one`
const DEADLINE_MS = 20_000

/** The Java of JAVA_HOME, else the one on the PATH; E304 where there is none or it is too old. */
export async function findJava(env: NodeJS.ProcessEnv = process.env): Promise<Java> {
  const home = env['JAVA_HOME']
  const path = home ? join(home, 'bin', 'java') : 'java'
  const found = await runProgram({ path, args: ['-XX:TieredStopAtLevel=1', '-version'], env, deadlineMs: DEADLINE_MS })
  if (!found) {
    const message = home ? `there is no ${path}, where JAVA_HOME points` : 'java is not on the PATH'
    throw new HarnessError({ code: 'E304', message, hint: HINT })
  }
  const version = /version "([^"]+)"/.exec(found.stderr)?.[1]
  if (found.exitCode !== 0 || version === undefined) {
    const said = (found.stderr || found.stdout).trim().slice(0, 300)
    throw new HarnessError({ code: 'E304', message: `${path} -version failed: ${said}`, hint: HINT })
  }
  if (releaseOf(version) < MINIMUM_RELEASE) {
    throw new HarnessError({
      code: 'E304',
      message: `${path} is Java ${version}, Kafka needs ${MINIMUM_RELEASE} or later`,
      hint: HINT,
    })
  }
  return { path, version }
}

/** "17.0.15" → 17, "1.8.0_392" → 8. */
export function releaseOf(version: string): number {
  const [first = '', second = ''] = version.split(/[._+-]/)
  return Number(first === '1' ? second : first)
}
