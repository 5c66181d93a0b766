// npm run bench:client-rto: how long each client goes without an acknowledgement when a leader is killed (drill 1) or freezes (drill 7), all of them in the same trials.
import type { TrialAnalysis } from '../../src/analysis/analysis.ts'
import type { StartedCluster } from '../../src/cluster/cluster.ts'
import { withCluster } from './broker.ts'
import { runOn, showSpread } from './support.ts'

type Client = { name: string; driver: string; mode: string; config: string }

const shipped = (driver: string): Client[] => [
  { name: `${driver}-default`, driver, mode: 'as-shipped', config: 'acks: all' },
  { name: `${driver}-8x100`, driver, mode: 'as-shipped', config: 'acks: all, retries: 8, retry.backoff.ms: 100ms' },
  { name: `${driver}-10x300`, driver, mode: 'as-shipped', config: 'acks: all, retries: 10, retry.backoff.ms: 300ms' },
]
const CLIENTS: readonly Client[] = [
  ...shipped('kafkajs'),
  ...shipped('platformatic'),
  { name: 'java', driver: 'java', mode: 'as-shipped', config: 'acks: all' },
  { name: 'wire', driver: 'wire', mode: 'tuned', config: 'acks: all' },
]
const DRILLS: Readonly<Record<string, string>> = {
  '1': 'fault: broker-kill, target: leader of orders not controller, at: 3s, within: 2s, for: 20s',
  '7': 'fault: freeze, target: leader of orders not controller, at: 3s, within: 2s, for: 30s',
}
const US_PER_S = 1e6
const MOST_TRIES_EACH = 3
/** A client that fails a call goes on with the next record, so this outlasts the longest of their timeouts after the act. */
const STEADY_SECONDS = 70

/** Trials of another first seed can be put beside those of a run that was cut short. */
const [drills = '1,7', repeats = '7', firstSeed = '1'] = process.argv.slice(2)

const scenarioOf = (drill: string, seed: number): string => `
version: 1
name: client-rto-${drill}
seed: ${seed}
cluster: { layout: three-brokers-routed }
topics: [{ name: orders, partitions: 1, replication.factor: 3 }]
producers:
${CLIENTS.map(
  ({ name, driver, mode, config }) => `  - name: ${name}
    driver: ${driver}
    mode: ${mode}
    share: ${100 / CLIENTS.length}%
    keys: { distribution: uniform, cardinality: 10k, prefix: order- }
    values: { size: 200B }
    config: { ${config} }`,
).join('\n')}
load:
  phases:
    - { phase: warmup, for: 5s, rate: 320/s }
    - { phase: steady, for: ${STEADY_SECONDS}s, rate: 320/s }
  max.age: 120s
  drain: 120s
faults:
  - { ${DRILLS[drill]} }
`

/** Seconds from the act to the client's last first acknowledgement from a partition struck; Infinity where one never came. */
function rtoOf(trial: TrialAnalysis, producer: number): number | undefined {
  const [fault] = trial.recovery?.faults ?? []
  if (fault?.actedUs === undefined || fault.partitions.length === 0) return undefined
  const { actedUs, healingUs } = fault
  const ends = (trial.recovery?.windows ?? []).flatMap(gap => {
    // One partition only: clients that place records themselves do not tell where each one went.
    const struck = fault.partitions.find(row => row.topic === gap.topic)
    if (gap.producer !== producer || struck === undefined) return []
    const endUs = gap.toUs ?? Number.POSITIVE_INFINITY
    // As the recovery of the report counts: a wait that began later than the new leader is another one.
    const isOfFault = endUs > actedUs && gap.fromUs <= (struck.newEpochUs ?? healingUs ?? actedUs)
    return isOfFault ? [endUs - actedUs] : []
  })
  return ends.length === 0 ? 0 : Math.max(...ends) / US_PER_S
}

/** Trials whose fault struck the topic: its one leader may lead the quorum too, and is then left alone. */
async function strikes(cluster: StartedCluster, drill: string): Promise<TrialAnalysis[]> {
  const found: TrialAnalysis[] = []
  for (let tries = 0; found.length < Number(repeats) && tries < MOST_TRIES_EACH * Number(repeats); tries++) {
    // Another seed is another moment of the act.
    const { cells } = await runOn(cluster, scenarioOf(drill, Number(firstSeed) + tries))
    found.push(...cells.flatMap(cell => cell.trials).filter(trial => rtoOf(trial, 0) !== undefined))
  }
  return found
}

for (const drill of drills.split(',')) {
  await withCluster(scenarioOf(drill, Number(firstSeed)), async cluster => {
    const trials = await strikes(cluster, drill)
    const clusterRtos = trials.flatMap(trial => trial.recovery?.faults[0]?.clusterRtoUs ?? [])
    console.log(`\n| drill ${drill}, seconds: min – median – max of ${trials.length} | client RTO | single trials |`)
    console.log('|---|---|---|')
    const row = (name: string, values: readonly number[]): void =>
      console.log(`| ${name} | ${showSpread(values, 1)} | ${values.map(value => value.toFixed(1)).join(' · ')} |`)
    CLIENTS.forEach(({ name }, producer) => {
      row(
        name,
        trials.flatMap(trial => rtoOf(trial, producer) ?? []),
      )
    })
    row(
      'the cluster itself',
      clusterRtos.map(us => us / US_PER_S),
    )
  })
}
