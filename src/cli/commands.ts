// The registry of commands: what each takes; its code is loaded only when it is called.
import type { Io } from './io.ts'
import type { OptionName, OptionSource, Options } from './options.ts'

export type CommandInput = {
  positionals: string[]
  options: Options
  sources: Partial<Record<OptionName, OptionSource>>
  io: Io
}
export type CommandModule = { execute(input: CommandInput): Promise<number> }

export type Command = {
  name: string
  /** Positional arguments as yargs writes them. */
  arguments: string
  describe: string
  options: readonly OptionName[]
  load(): Promise<CommandModule>
}

const SCENARIO_OPTIONS = [
  'provider',
  'image',
  'kafka',
  'broker-metrics',
  'repeat',
  'seed',
  'rate',
  'set',
  'command-config',
  'max-cells',
] as const
const GUARD_OPTIONS = [
  'allow-cluster',
  'allow-exec',
  'max-rate-bytes',
  'max-duration',
  'max-partitions',
  'max-connections',
] as const

export const COMMANDS: readonly Command[] = [
  {
    name: 'run',
    arguments: '<scenario>',
    describe: 'Run a scenario and write its report',
    options: [
      ...SCENARIO_OPTIONS,
      ...GUARD_OPTIONS,
      'preflight',
      'out',
      'witness',
      'keep-topics',
      'github',
      'quiet',
      'json',
    ],
    load: () => import('./commands/run.ts'),
  },
  {
    name: 'ab',
    arguments: '<base> [candidate]',
    describe: 'Compare two arms in random pairs of trials, and decide',
    options: [
      ...SCENARIO_OPTIONS,
      ...GUARD_OPTIONS,
      'base-with',
      'candidate-with',
      'pairs',
      'margin',
      'on-inconclusive',
      'github',
      'out',
      'quiet',
      'json',
    ],
    load: () => import('./commands/ab.ts'),
  },
  {
    name: 'search',
    arguments: '<scenario>',
    describe: 'Find the highest sustainable rate, with an interval and what limits it',
    options: [
      ...SCENARIO_OPTIONS,
      'allow-exec',
      'deadline',
      'miss',
      'grid',
      'trial',
      'soak',
      'budget',
      'one-down',
      'github',
      'out',
      'quiet',
      'json',
    ],
    load: () => import('./commands/search.ts'),
  },
  {
    name: 'drill',
    arguments: '<scenario>',
    describe: 'Run a scenario with faults and write its drill page',
    options: [...SCENARIO_OPTIONS, 'allow-exec', 'dry', 'out', 'witness', 'quiet', 'json'],
    load: () => import('./commands/drill.ts'),
  },
  {
    name: 'plan',
    arguments: '<scenario>',
    describe: 'Show what a run would do, and where each value comes from',
    options: [...SCENARIO_OPTIONS, 'json'],
    load: () => import('./commands/plan.ts'),
  },
  {
    name: 'calibrate',
    arguments: '[scenario]',
    describe: 'Tell how many records per second this machine can generate; starts no broker',
    options: ['seed', 'rate', 'set', 'command-config', 'max-cells', 'json'],
    load: () => import('./commands/calibrate.ts'),
  },
  {
    name: 'report',
    arguments: '<recording>',
    describe: 'Render the report of a recording again',
    options: ['out', 'json'],
    load: () => import('./commands/report.ts'),
  },
  {
    name: 'compare',
    arguments: '<a> <b>',
    describe: 'Put two recordings side by side',
    options: ['out', 'force', 'json'],
    load: () => import('./commands/compare.ts'),
  },
  {
    name: 'gate',
    arguments: '<recording> [more..]',
    describe: 'Hold recordings against a stored baseline of this machine, and decide',
    options: ['baseline', 'save', 'margin', 'on-inconclusive', 'junit', 'github', 'out', 'json'],
    load: () => import('./commands/gate.ts'),
  },
  {
    name: 'judge',
    arguments: '<recording>',
    describe: 'Apply new rules to a recording',
    options: ['out', 'expect', 'json'],
    load: () => import('./commands/judge.ts'),
  },
  {
    name: 'images',
    arguments: '<action>',
    describe: 'build: make the container images on this machine',
    options: ['kafka', 'only'],
    load: () => import('./commands/images.ts'),
  },
  {
    name: 'cluster',
    arguments: '<action> [cluster]',
    describe: 'up | status | logs | down: a cluster to work with by hand',
    options: ['provider', 'image', 'kafka', 'brokers', 'node', 'lines'],
    load: () => import('./commands/cluster.ts'),
  },
  {
    name: 'doctor',
    arguments: '',
    describe: 'Check this machine; every finding comes with its fix',
    options: ['json'],
    load: () => import('./commands/doctor.ts'),
  },
  {
    name: 'clean',
    arguments: '',
    describe: 'List what dead runs left behind, then remove it',
    options: ['yes', 'json'],
    load: () => import('./commands/clean.ts'),
  },
  {
    name: 'heal',
    arguments: '[run]',
    describe: 'List the faults that dead runs left acting, then end them',
    options: ['yes', 'force', 'json'],
    load: () => import('./commands/heal.ts'),
  },
]
