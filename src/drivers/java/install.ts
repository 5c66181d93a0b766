// Makes the small runner over Kafka's client ready: finds Java and the jars, and compiles the runner once into the cache.
import { createHash, randomBytes } from 'node:crypto'
import { access, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findKafkaJars } from '../../cluster/jars.ts'
import { findJava, type Java } from '../../cluster/java.ts'
import { lastLines, runProgram } from '../../cluster/outside-program.ts'
import { cacheDirectory } from '../../cluster/places.ts'
import { HarnessError, messageOf } from '../../core/errors.ts'
import { KAFKA_DEFAULT_VERSION } from '../../scenario/schema/cluster.ts'

const SOURCES = fileURLToPath(new URL('../../../java/gauntlet/', import.meta.url))
const COMPILE_DEADLINE_MS = 120_000
const SHOWN_LINES = 10
export const JDK_HINT =
  'install a JDK (Debian, Ubuntu: apt-get install openjdk-17-jdk-headless), or point JAVA_HOME at one'

/** How a JVM with Kafka's client is started. */
export type JavaClient = { java: string; classPath: string; kafkaVersion: string }

/** Everything the driver needs, made where it is missing; E304, E305 or E314 where it cannot be. */
export async function prepareJavaClient(env: NodeJS.ProcessEnv = process.env): Promise<JavaClient> {
  const [java, kafka] = await Promise.all([findJava(env), findKafkaJars({ version: KAFKA_DEFAULT_VERSION, env })])
  const classes = await compiled(java, kafka.jars, env)
  return { java: java.path, classPath: [classes, ...kafka.jars].join(':'), kafkaVersion: KAFKA_DEFAULT_VERSION }
}

/** Undefined where the driver can be used, else why not. */
export async function lackOfJavaClient(): Promise<{ reason: string; hint: string } | undefined> {
  try {
    await prepareJavaClient()
    return undefined
  } catch (error) {
    const hint = error instanceof HarnessError ? error.problems[0]?.hint : undefined
    return { reason: messageOf(error), hint: hint ?? JDK_HINT }
  }
}

/** The directory of the runner's classes, by what went into them. */
async function compiled(java: Java, jars: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  const sources = (await readdir(SOURCES)).filter(name => name.endsWith('.java')).sort()
  const hash = createHash('sha256').update(`${java.version}\0${jars.join('\0')}\0`)
  for (const name of sources) hash.update(await readFile(join(SOURCES, name)))
  const directory = join(cacheDirectory(env), 'java-client', hash.digest('hex').slice(0, 32))
  if (await exists(join(directory, 'gauntlet', 'Main.class'))) return directory
  const own = `${directory}.${randomBytes(6).toString('hex')}`
  await mkdir(own, { recursive: true })
  try {
    const files = sources.map(name => join(SOURCES, name))
    await compile(java, ['-d', own, '-cp', jars.join(':'), ...files], env)
    // Another process may have been faster; both made the same.
    await rename(own, directory).catch(async (error: unknown) => {
      if (!(await exists(directory))) throw error
    })
    return directory
  } finally {
    await rm(own, { recursive: true, force: true })
  }
}

async function compile(java: Java, args: string[], env: NodeJS.ProcessEnv): Promise<void> {
  const path = java.path === 'java' ? 'javac' : join(dirname(java.path), 'javac')
  const result = await runProgram({ path, args, env, deadlineMs: COMPILE_DEADLINE_MS })
  if (!result)
    throw new HarnessError({ code: 'E314', message: `driver java: there is no ${path}, only a JRE`, hint: JDK_HINT })
  if (result.exitCode === 0) return
  const said = lastLines(`${result.stdout}\n${result.stderr}`, SHOWN_LINES)
  throw new HarnessError({ code: 'E314', message: `driver java: ${path} failed:\n${said}`, hint: JDK_HINT })
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
