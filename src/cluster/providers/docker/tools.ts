// Runs Kafka's own tools and reads its log directories inside the running nodes.
import { HarnessError } from '../../../core/errors.ts'
import { DATA_DIR } from '../../../topology/containers.ts'
import type { ToolResult } from '../../cluster.ts'
import type { DockerClient } from './client.ts'
import { execute, readState } from './inspect.ts'

/** A tool must not inherit the heap and the options of the broker whose container it borrows. */
const TOOL_ENVIRONMENT = {
  KAFKA_HEAP_OPTS: '-Xmx192m',
  KAFKA_JVM_PERFORMANCE_OPTS: '-XX:+UseSerialGC -XX:TieredStopAtLevel=1',
  KAFKA_LOG4J_OPTS: '-Dlog4j2.configurationFile=/opt/kafka/config/tools-log4j2.yaml',
  KAFKA_OPTS: '',
  KAFKA_JMX_OPTS: '',
}
const RUN_CLASS = '/opt/kafka/bin/kafka-run-class.sh'
/** Legal characters of a topic name; none of them means anything to find's patterns. */
const TOPIC_PREFIX = /^[A-Za-z0-9._-]+$/

/** Addresses as workers see them, and the same ones as a container sees them. */
export type AddressPair = { outside: string; inside: string }

/** Runs a tool class in the first node that runs; addresses among the arguments become those that hold inside. */
export async function runTool(
  client: DockerClient,
  containers: readonly string[],
  addresses: readonly AddressPair[],
  mainClass: string,
  args: readonly string[],
): Promise<ToolResult> {
  const inward = (arg: string) => addresses.reduce((text, { outside, inside }) => text.replaceAll(outside, inside), arg)
  return execute(
    client,
    await firstRunning(client, containers),
    [RUN_CLASS, mainClass, ...args.map(inward)],
    TOOL_ENVIRONMENT,
  )
}

/** Sum of the segment files of all partitions whose topic starts so, over all nodes. */
export async function sumLogBytes(
  client: DockerClient,
  containers: readonly string[],
  topicPrefix: string,
): Promise<number> {
  if (!TOPIC_PREFIX.test(topicPrefix)) throw new TypeError(`not the beginning of a topic name: ${topicPrefix}`)
  const find = [
    'find',
    DATA_DIR,
    '-path',
    `${DATA_DIR}/${topicPrefix}*/*.log`,
    '-type',
    'f',
    '-exec',
    'stat',
    '-c',
    '%s',
    '{}',
    '+',
  ]
  const sums = await Promise.all(
    containers.map(async container => {
      const { exitCode, stdout, stderr } = await execute(client, container, find)
      // A segment may be rolled or deleted between the two steps; anything else is a failure.
      if (exitCode !== 0 && !/No such file/i.test(stderr))
        throw new Error(`find in ${container} failed: ${stderr.trim()}`)
      return stdout.split('\n').reduce((sum, line) => sum + Number(line), 0)
    }),
  )
  return sums.reduce((sum, bytes) => sum + bytes, 0)
}

async function firstRunning(client: DockerClient, containers: readonly string[]): Promise<string> {
  for (const container of containers) {
    if ((await readState(client, container)).state === 'running') return container
  }
  throw new HarnessError({
    code: 'E307',
    message: 'no node runs that a tool could be run in',
    hint: `docker ps -a: ${containers.join(', ')}`,
  })
}
