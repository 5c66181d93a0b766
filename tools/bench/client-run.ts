// Runs a client in a process of its own and tells what it printed and what it cost.
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { findInstallation } from '../../src/cluster/providers/process/installation.ts'
import { capabilitiesOf } from '../../src/drivers/capabilities.ts'
import { makePool } from '../../src/record/payload.ts'
import { KAFKA_DEFAULT_VERSION } from '../../src/scenario/schema/cluster.ts'
import { meter, type Usage } from './meter.ts'

const DEADLINE_MS = 180_000
/** What Kafka's own start script gives a tool. */
const JVM_OPTIONS = [
  ...['-Xmx512M', '-server', '-XX:+UseG1GC', '-XX:MaxGCPauseMillis=20', '-XX:InitiatingHeapOccupancyPercent=35'],
  ...['-XX:+ExplicitGCInvokesConcurrent', '-Djava.awt.headless=true', '-XX:-UsePerfData'],
]

export async function runMetered(
  path: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<{ stdout: string; usage: Usage }> {
  const child = spawn(path, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: DEADLINE_MS, env })
  const stop = meter(child.pid ?? 0)
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', chunk => (stdout += String(chunk)))
  child.stderr.on('data', chunk => (stderr += String(chunk)))
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  const usage = stop()
  if (code !== 0) throw new Error(`${path} ended with ${code}: ${(stderr || stdout).slice(-500)}`)
  return { stdout, usage }
}

/** A bare loop of ours with the runtime of wire's workers, on the cores named; it tells what it counted as one line of JSON. */
export async function runBare<Told>(program: URL, args: readonly (string | number)[], cpuset?: string): Promise<Told> {
  const { runtimeOptions = [], v8Flags = [], environment } = capabilitiesOf('wire')
  const options = [...runtimeOptions, ...v8Flags, program.pathname, ...args.map(String)]
  const [path, own] =
    cpuset === undefined ? [process.execPath, options] : ['taskset', ['-c', cpuset, process.execPath, ...options]]
  const { stdout } = await runMetered(path, own, { ...environment, ...process.env })
  return JSON.parse(stdout) as Told
}

/** One of Kafka's own tools with the options of Kafka's own script. */
export async function runJavaTool(mainClass: string, args: readonly string[]): ReturnType<typeof runMetered> {
  const { java, kafka } = await findInstallation({ version: KAFKA_DEFAULT_VERSION })
  return runMetered(java.path, [...JVM_OPTIONS, '-cp', kafka.jars.join(':'), mainClass, ...args])
}

/** A file of different payloads, one a line, as text of our payload pool. */
export function writePayloads(path: string, sizeBytes: number): void {
  const lines = 1000
  const text = makePool(1, 0.5, lines * sizeBytes).toString('base64')
  const payloads = Array.from({ length: lines }, (_, i) => text.slice(i * sizeBytes, (i + 1) * sizeBytes))
  writeFileSync(path, `${payloads.join('\n')}\n`)
}
