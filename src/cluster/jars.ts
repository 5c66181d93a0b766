// Finds Kafka's jars: those of KAFKA_HOME, else a cache that Maven fills once per version.
import { randomBytes } from 'node:crypto'
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { HarnessError, messageOf } from '../core/errors.ts'
import { lastLines, runProgram } from './outside-program.ts'
import { cacheDirectory } from './places.ts'

export type KafkaJars = {
  libsDir: string
  /** Absolute paths in a fixed order, as the class archive demands. */
  jars: string[]
}

type JarsRequest = {
  version: string
  env?: NodeJS.ProcessEnv
  signal?: AbortSignal
  onProgress?: (text: string) => void
}

/** One list of artefacts for nodes as processes and in images. */
const POM = fileURLToPath(new URL('../../images/kafka/pom.xml', import.meta.url))
const MAVEN_DEADLINE_MS = 10 * 60_000
const SHOWN_LINES = 15

/** The jars of a Kafka version; E305 where they are not here and cannot be fetched. */
export async function findKafkaJars(request: JarsRequest): Promise<KafkaJars> {
  const env = request.env ?? process.env
  const home = env['KAFKA_HOME']
  if (home) return jarsOfHome(join(home, 'libs'), request.version)
  const directory = cachedDirectory(request.version, env)
  const { version } = request
  const libsDir = await ensureJars(directory, {
    ...request,
    env,
    pom: POM,
    what: `the jars of Kafka ${version}`,
    defines: { 'kafka.version': version },
    needed: [`kafka_2.13-${version}.jar`, `kafka-tools-${version}.jar`],
    fallback: HOME_HINT,
  })
  return listJars(libsDir)
}

/** True where no download is needed. */
export async function hasKafkaJars(version: string, env: NodeJS.ProcessEnv = process.env): Promise<boolean> {
  return Boolean(env['KAFKA_HOME']) || exists(join(cachedDirectory(version, env), 'libs'))
}

/** Undefined where Maven answers, else what to do. */
export async function lackOfMaven(env: NodeJS.ProcessEnv = process.env): Promise<string | undefined> {
  const found = await runProgram({ path: 'mvn', args: ['--version'], env, deadlineMs: 30_000 })
  return found?.exitCode === 0 ? undefined : `${MAVEN_HINT}, or ${HOME_HINT}`
}

const MAVEN_HINT = 'install Maven (Debian, Ubuntu: apt-get install maven)'
const HOME_HINT = 'unpack a Kafka release and point KAFKA_HOME at it'

function cachedDirectory(version: string, env: NodeJS.ProcessEnv): string {
  return join(cacheDirectory(env), 'kafka', `kafka-${version}`)
}

async function jarsOfHome(libsDir: string, version: string): Promise<KafkaJars> {
  const found = await listJars(libsDir).catch((error: unknown) => {
    throw new HarnessError(
      {
        code: 'E305',
        message: `KAFKA_HOME: ${messageOf(error)}`,
        hint: 'point it at an unpacked Kafka release, or unset it',
      },
      { cause: error },
    )
  })
  const there = found.jars.map(jar => /\/kafka_2\.\d+-(\d[^/]*)\.jar$/.exec(jar)?.[1]).find(Boolean)
  if (there === version) return found
  throw new HarnessError({
    code: 'E305',
    message: `KAFKA_HOME holds ${there === undefined ? 'no broker' : `Kafka ${there}`}, the scenario asks for ${version}`,
    hint: there === undefined ? 'unset KAFKA_HOME' : `unset KAFKA_HOME, or write cluster: { kafka: "${there}" }`,
  })
}

async function listJars(libsDir: string): Promise<KafkaJars> {
  const names = (await readdir(libsDir)).filter(name => name.endsWith('.jar')).sort()
  return { libsDir, jars: names.map(name => join(libsDir, name)) }
}

type Fetch = {
  pom: string
  /** What is fetched, for people. */
  what: string
  defines: Record<string, string>
  /** Jars that must have come. */
  needed: readonly string[]
  /** What else may be done where nothing can be fetched. */
  fallback: string
  env: NodeJS.ProcessEnv
  signal?: AbortSignal
  onProgress?: (text: string) => void
}

/** The folder of the jars that a pom names, below `directory`; fetched once. */
export async function ensureJars(directory: string, fetch: Fetch): Promise<string> {
  const libsDir = join(directory, 'libs')
  if (!(await exists(libsDir))) await fetchJars(directory, fetch)
  return libsDir
}

/** Fetches into a directory of its own and renames it, so that two runs at once both end with whole jars. */
async function fetchJars(directory: string, fetch: Fetch): Promise<void> {
  fetch.onProgress?.(`fetching ${fetch.what} (once)`)
  const own = `${directory}.${randomBytes(6).toString('hex')}`
  await mkdir(own, { recursive: true })
  try {
    const libsDir = join(own, 'libs')
    await runMaven(libsDir, fetch)
    const { jars } = await listJars(libsDir)
    for (const needed of fetch.needed) {
      if (!jars.some(jar => jar.endsWith(`/${needed}`))) {
        throw new HarnessError({ code: 'E305', message: `Maven brought no ${needed}`, hint: `look at ${fetch.pom}` })
      }
    }
    await rename(own, directory).catch(async (error: unknown) => {
      if (!(await exists(join(directory, 'libs')))) throw error
    })
  } finally {
    await rm(own, { recursive: true, force: true })
  }
}

async function runMaven(libsDir: string, fetch: Fetch): Promise<void> {
  const result = await runProgram({
    path: 'mvn',
    args: [
      '--batch-mode',
      '--quiet',
      `--file=${fetch.pom}`,
      ...Object.entries(fetch.defines).map(([name, value]) => `-D${name}=${value}`),
      'dependency:copy-dependencies',
      '-DincludeScope=runtime',
      `-DoutputDirectory=${libsDir}`,
    ],
    env: fetch.env,
    deadlineMs: MAVEN_DEADLINE_MS,
    ...(fetch.signal ? { signal: fetch.signal } : {}),
  })
  if (!result) {
    throw new HarnessError({
      code: 'E305',
      message: `no ${fetch.what}, and no Maven to fetch them`,
      hint: `${MAVEN_HINT}; or ${fetch.fallback}`,
    })
  }
  if (result.exitCode === 0) return
  const why = result.timedOut ? `took longer than ${MAVEN_DEADLINE_MS / 60_000} minutes` : 'failed'
  throw new HarnessError({
    code: 'E305',
    message: `Maven ${why} for ${fetch.what}; its last lines:\n${lastLines(`${result.stdout}\n${result.stderr}`, SHOWN_LINES)}`,
    hint: `check the version, the network and ~/.m2/settings.xml; or ${fetch.fallback}`,
  })
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
