// The runbook of a drill: what an on-call engineer sees, does and waits for when it happens in earnest, with the times seen here.
import { formatCount } from '../../core/units.ts'
import { type FaultRecovery, mainFaults } from '../../stats/recovery.ts'
import { showUs } from '../format.ts'
import { type DrillSection, plain } from './section.ts'
import { faultsOf, type Labelled, time } from './times.ts'

/** What ends each kind of outage. */
const REMEDIES: Readonly<Record<string, string>> = {
  'broker-kill':
    'Start the broker again; starting it faster does not bring leaders back sooner, the session must end first.',
  'broker-stop': 'Start the broker again.',
  'rolling-restart': 'Stop restarting until every replica is in sync, then go on with the next broker.',
  freeze:
    'Let the machine go on, or end the process and start it again; a frozen broker keeps its clients’ connections open.',
  isolate:
    'Bring the network back. Until then stop what still writes to the broker cut off with `acks=1`: those records will be lost.',
  'ack-loss': 'Bring the way back to the clients back; expect records sent twice where producers are not idempotent.',
}

export function runbookSection(trials: readonly Labelled[]): DrillSection {
  const faults = trials.flatMap(one => mainFaults(faultsOf(one.trial)))
  const worst = (read: (fault: FaultRecovery) => number | undefined): string =>
    time(faults.map(read).reduce((a, b) => (b !== undefined && b > (a ?? -1) ? b : a), undefined))
  const leaders = faults.some(fault => fault.clusterRtoUs !== undefined)
    ? `leaders were back after ${worst(fault => fault.clusterRtoUs)}`
    : 'no leader had to be chosen'
  const kinds = [...new Set(faults.map(fault => fault.kind))]
  const remedies = kinds.flatMap(kind => REMEDIES[kind] ?? [])
  return {
    id: 'runbook',
    title: 'Runbook',
    numbered: true,
    lines: [
      `How it looks: ${symptoms(trials)}.`,
      'See which partitions have no leader or too few replicas: `kafka-topics.sh --bootstrap-server HOST:PORT --describe --unavailable-partitions`, then `--under-min-isr-partitions` and `--under-replicated-partitions`.',
      'See who leads the metadata quorum and who lags: `kafka-metadata-quorum.sh --bootstrap-server HOST:PORT describe --status`, then `--replication`.',
      `Wait: in this drill ${leaders} and producers went on after ${worst(fault => fault.clientRtoUs)}. Escalate when it takes twice as long.`,
      ...(remedies.length > 0 ? remedies : ['Undo what happened to the broker or its network.']),
      'Do not elect unclean leaders, and do not wipe a disk, while an acknowledged record may stand on no other: both give records up.',
      `All is well when every replica is in sync again (here ${worst(fault => fault.isrFullUs)} after the heal) and consumers have caught up (${worst(fault => fault.lagDrainedUs)}): \`kafka-consumer-groups.sh --bootstrap-server HOST:PORT --describe --all-groups\`.`,
      'Afterwards give leaders back to their preferred brokers: `kafka-leader-election.sh --bootstrap-server HOST:PORT --election-type preferred --all-topic-partitions`.',
    ],
  }
}

function symptoms(trials: readonly Labelled[]): string {
  const p99s = trials.flatMap(({ trial }) => trial.series.flatMap(point => point.ackP99Us ?? []))
  const total = (read: (trial: Labelled['trial']) => number): string =>
    formatCount(trials.reduce((sum, one) => sum + read(one.trial), 0))
  const silences = trials.flatMap(({ trial }) => trial.recovery?.unavailableMaxUs ?? [])
  return [
    `partitions without acknowledgements for up to ${time(silences.length === 0 ? undefined : Math.max(...silences))}`,
    ...(p99s.length === 0 ? [] : [`p99 of acknowledgements up to ${showUs(Math.max(...p99s))} in a second`]),
    `${total(trial => trial.accounting.retries)} retries, ${total(trial => trial.accounting.failed)} records failed and ${total(trial => trial.accounting.unknown)} of unknown outcome`,
  ]
    .map(plain)
    .join('; ')
}
