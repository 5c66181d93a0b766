// Decides whether somebody else's cluster may be loaded, and how hard; pure, so that every refusal can be listed in a test.
import { HarnessError, type Problem } from '../core/errors.ts'
import { formatBytes, formatDurationMs } from '../core/units.ts'

/** What `--allow-cluster` says: the id, and optionally the addresses that credentials may be sent to. */
export type Allowance = { clusterId: string; addresses: string[] }

/** What a run would do to the cluster, at its worst. */
export type Demand = { bytesPerSecond: number; durationMs: number; partitions: number; connections: number }
export type Caps = Demand

export const DEFAULT_CAPS: Caps = { bytesPerSecond: 1_000_000, durationMs: 60_000, partitions: 12, connections: 20 }

/** Ids that stand in public images and examples: any number of clusters carry them, so they name none. */
export const PUBLIC_CLUSTER_IDS: Readonly<Record<string, string>> = {
  '5L6g3nShT-eMCtK--X86sw': 'the default of the image apache/kafka',
  '4L6g3nShT-eMCtK--X86sw': 'the examples of apache/kafka and Testcontainers',
  MkU3OEVBNTcwNTJENDM2Qk: 'Confluent’s quick start',
  'ciWo7IWazngRchmPES6q5A==': 'the examples of confluentinc/cp-kafka',
  'q1Sh-9_ISia_zwGINzRvyQ': 'the KRaft examples of confluentinc/cp-kafka',
  zlFiTJelTOuhnklFwLWixw: 'Confluent’s KRaft guide',
  abcdefghijklmnopqrstuv: 'the compose files of bitnami/kafka',
  r4zt_wrqTRuT7W2NJsB_GA: 'the examples of bitnami/kafka',
  LelM2dIFQkiUFvXCEcqRWA: 'the examples of bitnami/kafka',
}

/** Reads `ID` or `ID@host:port,host:port`. */
export function parseAllowance(text: string): Allowance {
  const at = text.indexOf('@')
  const clusterId = (at < 0 ? text : text.slice(0, at)).trim()
  const addresses =
    at < 0
      ? []
      : text
          .slice(at + 1)
          .split(',')
          .map(address => address.trim())
  const usable = /^[\w.=-]{1,100}$/.test(clusterId) && addresses.every(address => /^\S+:\d{1,5}$/.test(address))
  if (usable) return { clusterId, addresses }
  throw new HarnessError({
    code: 'E201',
    message: '--allow-cluster takes the id of one cluster',
    hint: 'write --allow-cluster ID, or ID@host:port,host:port to name its addresses too; patterns are not taken',
  })
}

/** Before anything is sent: credentials go only to addresses that were named outside the scenario file. */
export function assertMaySendCredentials(bootstrap: readonly string[], allowance: Allowance | undefined): void {
  const unnamed = bootstrap.filter(address => !allowance?.addresses.includes(address))
  if (unnamed.length === 0) return
  const id = allowance?.clusterId ?? 'ID'
  throw new HarnessError({
    code: 'E401',
    message: `credentials would be sent to ${unnamed.join(', ')}, which only the scenario names`,
    hint: `name the addresses outside the file too: --allow-cluster ${id}@${bootstrap.join(',')}${allowance ? '' : ' (kafka-cluster.sh cluster-id prints the id)'}`,
  })
}

/** After the id was read, and before any load: only the cluster that was named may be loaded. */
export function assertAllowed(
  found: { clusterId: string; bootstrap: readonly string[] },
  allowance: Allowance | undefined,
): void {
  const { clusterId, bootstrap } = found
  const where = bootstrap.join(', ')
  const refuse = (message: string, hint: string): never => {
    throw new HarnessError({ code: 'E401', message, hint })
  }
  if (Object.hasOwn(PUBLIC_CLUSTER_IDS, clusterId)) {
    refuse(
      `the cluster at ${where} has the id ${clusterId}, which comes from ${PUBLIC_CLUSTER_IDS[clusterId]} and names no cluster`,
      'start it with an id of its own (kafka-storage.sh random-uuid, or CLUSTER_ID), or let the harness start one',
    )
  }
  if (clusterId === '') refuse(`the cluster at ${where} tells no id`, 'only a cluster with an id can be allowed')
  if (!allowance) {
    refuse(
      `the cluster at ${where} belongs to somebody else and was not allowed`,
      `where it may be loaded, add --allow-cluster ${clusterId}`,
    )
  } else if (allowance.clusterId !== clusterId) {
    refuse(
      `the cluster at ${where} is ${clusterId}, allowed is ${allowance.clusterId}`,
      'check bootstrap.servers: this is not the cluster that --allow-cluster names',
    )
  } else if (allowance.addresses.length > 0 && bootstrap.some(address => !allowance.addresses.includes(address))) {
    refuse(
      `the scenario dials ${where}, --allow-cluster names ${allowance.addresses.join(', ')}`,
      'name the same addresses in both',
    )
  }
}

type CapRow = {
  what: keyof Caps
  name: string
  flag: string
  show: (value: number) => string
  flagValue: (value: number) => string
}

const CAP_ROWS: readonly CapRow[] = [
  {
    what: 'bytesPerSecond',
    name: 'the highest rate',
    flag: '--max-rate-bytes',
    show: value => `${formatBytes(value)}/s`,
    flagValue: value => `${Math.ceil(value / 1000)}kB/s`,
  },
  {
    what: 'durationMs',
    name: 'the load of all trials',
    flag: '--max-duration',
    show: formatDurationMs,
    flagValue: value => `${Math.ceil(value / 1000)}s`,
  },
  { what: 'partitions', name: 'partitions at a time', flag: '--max-partitions', show: String, flagValue: String },
  { what: 'connections', name: 'connections at a time', flag: '--max-connections', show: String, flagValue: String },
]

/** Load within the caps, or every excess with the flag that allows it. */
export function assertWithinCaps(demand: Demand, caps: Caps): void {
  const problems = CAP_ROWS.flatMap((row): Problem[] => {
    const [wanted, cap] = [demand[row.what], caps[row.what]]
    if (wanted <= cap) return []
    if (!Number.isFinite(wanted)) {
      const message = `${row.name} has no bound; the cap on an external cluster is ${row.show(cap)}`
      return [
        {
          code: 'E403',
          message,
          hint: 'write a rate in every phase of load: rate: max is only for clusters of the run’s own',
        },
      ]
    }
    const message = `${row.name}: ${row.show(wanted)}; the cap on an external cluster is ${row.show(cap)}`
    return [{ code: 'E403', message, hint: `lower it, or allow it with ${row.flag} ${row.flagValue(wanted)}` }]
  })
  if (problems.length > 0) throw new HarnessError(problems)
}
