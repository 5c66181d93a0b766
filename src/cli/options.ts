// The one table of options: the parser, --help, the reference page and environment variables all read it.

export type OptionSpec = {
  type: 'string' | 'number' | 'boolean' | 'array'
  describe: string
  choices?: readonly string[]
  alias?: string
  /** GAUNTLET_* variable; absent where an environment variable would be dangerous or senseless. */
  env?: string
  default?: string | number | boolean
}

export const OPTIONS = {
  out: { type: 'string', describe: 'Folder for recordings', env: 'GAUNTLET_OUT', default: 'reports' },
  provider: {
    type: 'string',
    describe: 'What runs the brokers',
    choices: ['auto', 'docker', 'process'],
    env: 'GAUNTLET_PROVIDER',
  },
  image: { type: 'string', describe: 'Container image of a node', env: 'GAUNTLET_IMAGE' },
  kafka: { type: 'string', describe: 'Kafka version, such as 4.3.1', env: 'GAUNTLET_KAFKA' },
  'broker-metrics': {
    type: 'boolean',
    describe: 'Brokers tell their own counters once a second, so that the report names what saturated',
    env: 'GAUNTLET_BROKER_METRICS',
  },
  repeat: { type: 'number', describe: 'Repetitions of every cell', env: 'GAUNTLET_REPEAT' },
  seed: { type: 'number', describe: 'Seed of order, payloads, keys and arrivals', env: 'GAUNTLET_SEED' },
  rate: { type: 'string', describe: 'Rate of every constant phase: 20k/s', env: 'GAUNTLET_RATE' },
  set: {
    type: 'array',
    describe: 'A client setting over the scenario’s: producers.linger.ms=20ms',
    env: 'GAUNTLET_SET',
  },
  'command-config': {
    type: 'string',
    describe: 'Client properties file, as Kafka’s own tools take it',
    env: 'GAUNTLET_COMMAND_CONFIG',
  },
  'max-cells': { type: 'number', describe: 'Allow a matrix above 200 cells', env: 'GAUNTLET_MAX_CELLS' },
  witness: {
    type: 'boolean',
    describe: 'Ask Kafka’s own GetOffsetShell before and after every trial',
    env: 'GAUNTLET_WITNESS',
  },
  preflight: {
    type: 'boolean',
    describe:
      'Before anything starts, two seconds per record shape: does the rate suit what this machine can generate?',
    env: 'GAUNTLET_PREFLIGHT',
  },
  'keep-topics': {
    type: 'boolean',
    describe: 'Leave the topics of trials on an external cluster',
    env: 'GAUNTLET_KEEP_TOPICS',
  },
  quiet: { type: 'boolean', alias: 'q', describe: 'Only the end summary', env: 'GAUNTLET_QUIET' },
  json: { type: 'boolean', describe: 'Machine-readable output', env: 'GAUNTLET_JSON' },
  'allow-cluster': {
    type: 'string',
    describe:
      'Id of the external cluster that may be loaded, never read from a scenario; with passwords also its addresses: ID@host:port,…',
  },
  'allow-exec': {
    type: 'boolean',
    describe: 'Run the commands that faults of the scenario name (fault: exec), as this user',
  },
  'max-rate-bytes': { type: 'string', describe: 'Raise the cap of 1 MB/s on an external cluster' },
  'max-duration': { type: 'string', describe: 'Raise the cap of 60 s on an external cluster' },
  'max-partitions': { type: 'number', describe: 'Raise the cap of 12 partitions on an external cluster' },
  'max-connections': { type: 'number', describe: 'Raise the cap of 20 connections on an external cluster' },
  'base-with': { type: 'array', describe: 'A difference of the base from the scenario: producers.linger.ms=0' },
  'candidate-with': {
    type: 'array',
    describe: 'A difference of the candidate from the scenario: producers.linger.ms=20ms, kafka=4.2.0',
  },
  pairs: { type: 'number', describe: 'Pairs of trials, in random order', default: 7, env: 'GAUNTLET_PAIRS' },
  margin: { type: 'array', describe: 'How much worse is borne: ack.p99=15%; the metrics named gate, at most three' },
  deadline: {
    type: 'string',
    describe: 'Within this a record must be acked and read by every group; several in one search: 500ms,100ms',
    default: '100ms',
  },
  miss: { type: 'string', describe: 'Share of records that may miss the deadline: 1% means p99', default: '1%' },
  grid: { type: 'string', describe: 'Distance of neighbouring rates', default: '10%' },
  trial: { type: 'string', describe: 'Length of a trial', default: '8s' },
  soak: { type: 'string', describe: 'How long the rate that was found must hold', default: '20s' },
  budget: { type: 'string', describe: 'Time for the whole search, boot and clean-up included', default: '6m' },
  'one-down': {
    type: 'string',
    describe: 'Time of the budget for the search with one broker down, where three or more can spare one; off',
    default: '70s',
  },
  'on-inconclusive': {
    type: 'string',
    describe: 'What a comparison that cannot decide means for the exit code',
    choices: ['fail', 'warn', 'pass'],
    default: 'fail',
    env: 'GAUNTLET_ON_INCONCLUSIVE',
  },
  github: {
    type: 'boolean',
    describe: 'Write annotations, and the summary to GITHUB_STEP_SUMMARY',
    env: 'GITHUB_ACTIONS',
  },
  baseline: { type: 'string', describe: 'Baseline to compare with: a file that --save wrote, or a recording' },
  save: { type: 'string', describe: 'Write a baseline from the recordings to this file, and compare nothing' },
  junit: { type: 'string', describe: 'Write JUnit to this file' },
  expect: { type: 'array', describe: 'A rule, such as "ack.p99 < 25ms"; may be repeated' },
  force: {
    type: 'boolean',
    describe: 'Compare unlike runs, with a stamp on the result; heal the faults of a run that lives',
  },
  dry: { type: 'boolean', describe: 'Only say what would be done and when' },
  yes: { type: 'boolean', alias: 'y', describe: 'Do it without asking' },
  brokers: { type: 'number', describe: 'Number of brokers', default: 1 },
  node: { type: 'string', describe: 'One node, such as broker-1' },
  lines: { type: 'number', describe: 'Last lines of a log', default: 50 },
  only: { type: 'string', describe: 'Only this image', choices: ['kafka', 'toxiproxy'] },
} as const satisfies Record<string, OptionSpec>

export type OptionName = keyof typeof OPTIONS

type ValueOf<S extends OptionSpec> = S['type'] extends 'number'
  ? number
  : S['type'] extends 'boolean'
    ? boolean
    : S['type'] extends 'array'
      ? string[]
      : string

/** Parsed options; absent where neither flag, variable nor default gave a value. */
export type Options = { [N in OptionName]?: ValueOf<(typeof OPTIONS)[N]> }

/** Where the value of an option came from. */
export type OptionSource = 'flag' | 'environment' | 'default'
