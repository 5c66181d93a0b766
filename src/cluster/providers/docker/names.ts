// Names and labels of everything the docker provider makes: deterministic, so that a journal entry finds its object after a crash.
import { createHash } from 'node:crypto'

export const RUN_LABEL = 'kafka-gauntlet.run'
const OWNER_PID_LABEL = 'kafka-gauntlet.owner-pid'
const OWNER_TICKS_LABEL = 'kafka-gauntlet.owner-start-ticks'
const NODE_LABEL = 'kafka-gauntlet.node-id'
/** The version of compose whose label format is written. */
const COMPOSE_LABEL_VERSION = '1.29.2'

export type Owner = { pid: number; startTicks?: number }
export type RunNames = {
  project: string
  network: string
  /** The network of one node in a routed cluster. */
  nodeNetwork(node: string): string
  container(node: string): string
  volume(node: string): string
}

/** All names of one run. */
export function namesOf(runId: string): RunNames {
  const project = `gauntlet-${runId}`
  return {
    project,
    network: project,
    nodeNetwork: node => `${project}-${node}`,
    container: node => `${project}-${node}`,
    volume: node => `${project}-${node}-data`,
  }
}

/** The labels that say whose an object is: our own, and compose's project. */
export function runLabels(runId: string, owner: Owner): Record<string, string> {
  return {
    [RUN_LABEL]: runId,
    [OWNER_PID_LABEL]: String(owner.pid),
    ...(owner.startTicks === undefined ? {} : { [OWNER_TICKS_LABEL]: String(owner.startTicks) }),
    'com.docker.compose.project': namesOf(runId).project.toLowerCase(),
    'com.docker.compose.version': COMPOSE_LABEL_VERSION,
  }
}

/** Labels of a node's container; with them compose lists it as a service of the project. */
export function containerLabels(
  runId: string,
  owner: Owner,
  node: { id: number; name: string },
  spec: unknown,
): Record<string, string> {
  return {
    ...runLabels(runId, owner),
    [NODE_LABEL]: String(node.id),
    'com.docker.compose.service': node.name,
    'com.docker.compose.container-number': '1',
    'com.docker.compose.oneoff': 'False',
    'com.docker.compose.config-hash': createHash('sha256').update(JSON.stringify(spec)).digest('hex'),
  }
}

/** Labels of the run's network. */
export function networkLabels(runId: string, owner: Owner): Record<string, string> {
  return { ...runLabels(runId, owner), 'com.docker.compose.network': 'default' }
}

/** Labels of a node's volume. */
export function volumeLabels(runId: string, owner: Owner, node: string): Record<string, string> {
  return { ...runLabels(runId, owner), 'com.docker.compose.volume': `${node}-data` }
}
