// A Java and the jars of one Kafka version, ready to run a node or one of Kafka's tools.
import { archiveOptions } from '../../class-archive.ts'
import { findKafkaJars, type KafkaJars } from '../../jars.ts'
import { findJava, type Java } from '../../java.ts'
import { type ProgramResult, runProgram } from '../../outside-program.ts'

export type KafkaInstallation = { java: Java; kafka: KafkaJars; archive?: string; agentJar?: string }

type ClassRun = {
  mainClass: string
  args: readonly string[]
  logging: string
  temp: string
  env: NodeJS.ProcessEnv
  deadlineMs: number
  signal?: AbortSignal
  onSpawn?: (pid: number) => void
}

/** What Kafka's own start script gives a broker. */
const NODE_OPTIONS = [
  '-server',
  '-XX:+UseG1GC',
  '-XX:MaxGCPauseMillis=20',
  '-XX:InitiatingHeapOccupancyPercent=35',
  '-XX:+ExplicitGCInvokesConcurrent',
  '-Djava.awt.headless=true',
]
/** A tool lives for a second: the cheapest collector and compiler make it shortest. */
const TOOL_OPTIONS = ['-Xmx192m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Djava.awt.headless=true']
/** The JVM keeps this file in a directory of the system, where it would stay behind a kill. */
const NO_TRACES = '-XX:-UsePerfData'

/** Finds Java and the jars; E304 or E305 where one is missing. */
export async function findInstallation(request: {
  version: string
  onProgress?: (text: string) => void
  signal?: AbortSignal
}): Promise<KafkaInstallation> {
  const java = await findJava()
  return { java, kafka: await findKafkaJars(request) }
}

/** The command line of a node. */
export function nodeCommand(
  installation: KafkaInstallation,
  node: {
    heapBytes: number
    logging: string
    log: string
    temp: string
    properties: string
    options: readonly string[]
  },
): string[] {
  const heap = `${Math.ceil(node.heapBytes / 2 ** 20)}m`
  return [
    installation.java.path,
    `-Xms${heap}`,
    `-Xmx${heap}`,
    ...NODE_OPTIONS,
    NO_TRACES,
    ...archiveOptions(installation.archive),
    ...node.options,
    `-Djava.io.tmpdir=${node.temp}`,
    `-Dgauntlet.log=${node.log}`,
    `-Dlog4j2.configurationFile=${node.logging}`,
    '-cp',
    installation.kafka.jars.join(':'),
    'kafka.Kafka',
    node.properties,
  ]
}

/** Runs one of Kafka's classes to its end. */
export async function runKafkaClass(installation: KafkaInstallation, run: ClassRun): Promise<ProgramResult> {
  const { java, kafka, archive } = installation
  const result = await runProgram({
    path: java.path,
    args: [
      ...TOOL_OPTIONS,
      NO_TRACES,
      ...archiveOptions(archive),
      `-Djava.io.tmpdir=${run.temp}`,
      `-Dlog4j2.configurationFile=${run.logging}`,
      '-cp',
      kafka.jars.join(':'),
      run.mainClass,
      ...run.args,
    ],
    env: run.env,
    deadlineMs: run.deadlineMs,
    ...(run.signal ? { signal: run.signal } : {}),
    ...(run.onSpawn ? { onSpawn: run.onSpawn } : {}),
  })
  if (!result) throw new Error(`${java.path} has gone`)
  return result
}
