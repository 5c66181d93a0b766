// Reads from a trial what its producers were promised and which faults they met: the keys of the expectation matrix.
import type { TrialAnalysis } from '../analysis/analysis.ts'
import type { FaultClass, Terms } from './expectation.ts'

type Client = TrialAnalysis['clients'][number]
type Fault = NonNullable<TrialAnalysis['recovery']>['faults'][number]

/** Faults that only touch the way between clients and brokers. */
const CLIENT_FAULTS: readonly string[] = [
  'ack-loss',
  'latency',
  'bandwidth',
  'slice',
  'reset',
  'worker-kill',
  'worker-freeze',
]
/** Faults that part nodes from each other without ending any. */
const LINK_FAULTS: readonly string[] = ['isolate', 'link-cut', 'one-way-cut', 'bridge', 'ring', 'link-delay']
/** An order to elect whoever is alive, whatever the settings of the topic say. */
const UNCLEAN_ELECTION = 'unclean-election'
/** Faults that take data with them, or every node. */
const DATA_FAULTS: readonly string[] = [
  'power-loss',
  'all-brokers-crash',
  'disk-full',
  'log-dir-failure',
  UNCLEAN_ELECTION,
  'manual',
  'exec',
]

/** Faults by requests to the controller: it moves leaders and replicas in order, and ends no node. */
const ORDERED_FAULTS: readonly string[] = ['leadership-churn', 'isr-churn', 'partition-increase']

/** One set of terms per producer group, with the numbers its workers have in envelopes; as shipped, a client sends again without a word. */
export function groupTerms(trial: TrialAnalysis): { from: number; to: number; terms: Terms; hidesRetries: boolean }[] {
  let next = 0
  return trial.clients
    .filter(client => client.role === 'producer')
    .map(client => {
      const from = next
      next += client.numbers ?? client.workers
      return { from, to: next, terms: termsOf(client, trial), hidesRetries: client.mode === 'as-shipped' }
    })
}

function termsOf({ settings }: Client, trial: TrialAnalysis): Terms {
  const client = (name: string): string | undefined => settings.find(row => row.name === name)?.value
  const topics = (name: string): string[] =>
    trial.topics.flatMap(topic => topic.settings.find(row => row.name === name)?.value ?? [])
  const acks = client('acks')
  const isIdempotent = client('enable.idempotence') === 'true'
  return {
    acks: acks === '0' || acks === '1' ? acks : 'all',
    minInsyncReplicas: Math.min(...topics('min.insync.replicas').map(Number), Number.POSITIVE_INFINITY),
    replicationFactor: Math.min(...trial.topics.map(topic => topic.replicationFactor), Number.POSITIVE_INFINITY),
    isIdempotent,
    mayOvertake: !isIdempotent && client('max.in.flight.requests.per.connection') !== '1',
    isUncleanElectionOn: topics('unclean.leader.election.enable').includes('true') || isOrderedUnclean(trial),
    isTransactional: client('transactional.id') !== undefined,
    readsCommitted: trial.clients.some(readsCommitted),
    commitsAhead: false,
    transforms: fencingOf(client('transform.fencing')),
    transactionVersion: trial.features?.['transaction.version'] ?? 0,
    eligibleLeaderReplicasVersion: trial.features?.['eligible.leader.replicas.version'] ?? 0,
  }
}

const isOrderedUnclean = ({ recovery }: TrialAnalysis): boolean =>
  recovery?.faults.some(fault => fault.kind === UNCLEAN_ELECTION && fault.actedUs !== undefined) ?? false

const fencingOf = (value: string | undefined): Terms['transforms'] =>
  value === 'partition' || value === 'member' ? value : false

/** True for readers that are given committed records only. */
export const readsCommitted = ({ settings }: Pick<Client, 'settings'>): boolean =>
  settings.some(row => row.name === 'isolation.level' && row.value === 'read_committed')

/** The account of the client that makes up a group, whose name has a number behind it where a client makes up several. */
export function readerClient<C extends Pick<Client, 'role' | 'group'>>(
  clients: readonly C[],
  group: string,
): C | undefined {
  const readers = clients.filter(client => client.role === 'consumer')
  const name = group.replace(/-\d+$/, '')
  return readers.find(client => client.group === group) ?? readers.find(client => client.group === name)
}

/** What the terms of a reader's group add to those of the producers. */
export function readerTerms(
  trial: TrialAnalysis,
  group: number,
): Pick<Terms, 'readsCommitted' | 'commitsAhead' | 'transforms'> {
  const { group: name = '', transforms = false } = trial.accounting.groups[group] ?? {}
  const client = readerClient(trial.clients, name)
  return {
    readsCommitted: client !== undefined && readsCommitted(client),
    commitsAhead: client?.commitsAhead ?? false,
    transforms,
  }
}

/** The worst of what was done to the trial, by what it reached and not by its name where several nodes were struck at once. */
export function faultClassOf(trial: TrialAnalysis, terms: Terms): FaultClass {
  const faults = (trial.recovery?.faults ?? []).filter(fault => fault.actedUs !== undefined)
  if (faults.length === 0) return 'none'
  if (faults.some(fault => DATA_FAULTS.includes(fault.kind))) return 'F4'
  const stopping = faults.filter(fault => !CLIENT_FAULTS.includes(fault.kind) && !LINK_FAULTS.includes(fault.kind))
  const tolerated = Math.max(1, Math.min(terms.minInsyncReplicas, terms.replicationFactor) - 1)
  if (mostNodesAtOnce(stopping.filter(fault => !ORDERED_FAULTS.includes(fault.kind))) > tolerated) return 'F4'
  if (faults.some(fault => LINK_FAULTS.includes(fault.kind))) return 'F2'
  return stopping.length > 0 ? 'F1' : 'F3'
}

function mostNodesAtOnce(faults: readonly Fault[]): number {
  return Math.max(
    0,
    ...faults.map(one => {
      const atUs = one.actedUs ?? one.orderedUs
      const together = faults.filter(
        other => (other.actedUs ?? other.orderedUs) <= atUs && (other.healedUs ?? Infinity) > atUs,
      )
      return new Set(together.flatMap(fault => fault.nodes)).size
    }),
  )
}
