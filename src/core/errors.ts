// The one table of errors: every code has an exit code and a title; a thrown error adds place, message and hint.

/** Process exit codes, as documented in docs/reference/cli.md. */
export const EXIT = {
  pass: 0,
  fail: 1,
  usage: 2,
  inconclusive: 3,
  environment: 4,
  refused: 5,
  stopped: 6,
  recording: 7,
  cleanup: 8,
  bug: 70,
  sigint: 130,
  sigterm: 143,
} as const

type ErrorRow = { exit: number; title: string }

/** Every error a user can meet. E1 scenario, E2 plan and usage, E3 environment, E4 guard, E5 run, E6 recording, E7 clean-up. */
export const ERRORS = {
  E101: { exit: EXIT.usage, title: 'scenario file not found' },
  E102: { exit: EXIT.usage, title: 'not a regular file' },
  E103: { exit: EXIT.usage, title: 'scenario file too large' },
  E104: { exit: EXIT.usage, title: 'scenario file is not plain UTF-8 text' },
  E105: { exit: EXIT.usage, title: 'YAML syntax' },
  E106: { exit: EXIT.usage, title: 'tab used for indentation' },
  E107: { exit: EXIT.usage, title: 'key given twice' },
  E108: { exit: EXIT.usage, title: 'anchors, aliases and merge keys are not allowed' },
  E109: { exit: EXIT.usage, title: 'YAML tags and directives are not allowed' },
  E110: { exit: EXIT.usage, title: 'more than one YAML document' },
  E111: { exit: EXIT.usage, title: 'empty scenario, or not a map' },
  E112: { exit: EXIT.usage, title: 'nested too deeply' },
  E113: { exit: EXIT.usage, title: 'unknown key' },
  E114: { exit: EXIT.usage, title: 'wrong type' },
  E115: { exit: EXIT.usage, title: 'not a finite number' },
  E116: { exit: EXIT.usage, title: 'rate must be greater than zero' },
  E117: { exit: EXIT.usage, title: 'number below its minimum' },
  E118: { exit: EXIT.usage, title: 'whole number expected' },
  E119: { exit: EXIT.usage, title: 'number too large to be exact' },
  E120: { exit: EXIT.usage, title: 'unit missing or unknown' },
  E121: { exit: EXIT.usage, title: 'value above its maximum' },
  E122: { exit: EXIT.usage, title: 'not one of the allowed values' },
  E123: { exit: EXIT.usage, title: 'YAML boolean trap' },
  E124: { exit: EXIT.usage, title: 'version read as a number' },
  E125: { exit: EXIT.usage, title: 'illegal topic name' },
  E126: { exit: EXIT.usage, title: 'compression not supported by this driver' },
  E127: { exit: EXIT.usage, title: 'replication factor above the number of brokers' },
  E128: { exit: EXIT.usage, title: 'settings that contradict each other' },
  E129: { exit: EXIT.usage, title: 'not available yet' },
  E130: { exit: EXIT.usage, title: 'reference to something not defined' },
  E131: { exit: EXIT.usage, title: 'matrix too large' },
  E132: { exit: EXIT.usage, title: 'refused text: literal secret, variable, path, control character or reserved key' },
  E133: { exit: EXIT.usage, title: 'required key missing' },
  E134: { exit: EXIT.usage, title: 'rule cannot be read' },
  E135: { exit: EXIT.usage, title: 'scenario file cannot be read' },
  E136: { exit: EXIT.usage, title: 'text in the wrong form' },
  E201: { exit: EXIT.usage, title: 'command line' },
  E202: { exit: EXIT.usage, title: 'rule can have no data' },
  E203: { exit: EXIT.usage, title: 'driver cannot honour a setting' },
  E204: { exit: EXIT.usage, title: 'resources exceed this machine' },
  E205: { exit: EXIT.usage, title: 'environment variable cannot be read' },
  E206: { exit: EXIT.usage, title: 'properties file cannot be used' },
  E207: { exit: EXIT.usage, title: 'record too large to be stored' },
  E301: { exit: EXIT.environment, title: 'Docker does not answer' },
  E302: { exit: EXIT.environment, title: 'image missing' },
  E303: { exit: EXIT.environment, title: 'port taken' },
  E304: { exit: EXIT.environment, title: 'Java missing' },
  E305: { exit: EXIT.environment, title: 'Kafka jars missing' },
  E306: { exit: EXIT.environment, title: 'cluster did not become ready' },
  E307: { exit: EXIT.environment, title: 'cluster cannot be reached' },
  E308: { exit: EXIT.environment, title: 'a node ended by itself' },
  E309: { exit: EXIT.environment, title: 'image build failed' },
  E310: { exit: EXIT.environment, title: 'results cannot be written' },
  E311: { exit: EXIT.environment, title: 'topic could not be created' },
  E312: { exit: EXIT.environment, title: 'Toxiproxy missing' },
  E313: { exit: EXIT.environment, title: 'the routed network does not hold' },
  E314: { exit: EXIT.environment, title: 'client of a driver missing, or too old' },
  E401: { exit: EXIT.refused, title: 'external cluster not allowed' },
  E402: { exit: EXIT.refused, title: 'runs are not alike' },
  E403: { exit: EXIT.refused, title: 'load above the cap for external clusters' },
  E404: { exit: EXIT.refused, title: 'fault on nodes that are not ours' },
  E405: { exit: EXIT.refused, title: 'a run that failed is no baseline' },
  E406: { exit: EXIT.refused, title: 'commands of a scenario not allowed' },
  E501: { exit: EXIT.stopped, title: 'worker failed' },
  E502: { exit: EXIT.stopped, title: 'more sent than the cap allows' },
  E503: { exit: EXIT.stopped, title: 'stopped by a stop condition' },
  E601: { exit: EXIT.recording, title: 'recording is corrupt' },
  E602: { exit: EXIT.recording, title: 'recording is incomplete' },
  E603: { exit: EXIT.recording, title: 'not a recording' },
  E604: { exit: EXIT.recording, title: 'not a baseline' },
  E701: { exit: EXIT.cleanup, title: 'clean-up incomplete' },
  E702: { exit: EXIT.cleanup, title: 'a fault is not healed' },
} as const satisfies Record<string, ErrorRow>

export type ErrorCode = keyof typeof ERRORS

/** Where a mistake stands in a file; line and column count from 1. */
export type Place = { file: string; line?: number; column?: number; byte?: number }

export type Problem = { code: ErrorCode; message: string; place?: Place; hint?: string }

/** An error with a code, a place and a hint; `problems` lists further mistakes found in the same pass. */
export class HarnessError extends Error {
  readonly code: ErrorCode
  readonly problems: readonly Problem[]

  constructor(problem: Problem | readonly Problem[], options?: { cause?: unknown }) {
    const problems = Array.isArray(problem) ? (problem as readonly Problem[]) : [problem as Problem]
    const first = problems[0]
    if (first === undefined) throw new TypeError('HarnessError needs at least one problem')
    super(first.message, options)
    this.name = 'HarnessError'
    this.code = first.code
    this.problems = problems
  }

  get exitCode(): number {
    return ERRORS[this.code].exit
  }
}

/** Renders a place as file:line:column, or file@byte for files that have no lines. */
export function formatPlace(place: Place): string {
  if (place.byte !== undefined) return `${place.file}@${place.byte}`
  if (place.line === undefined) return place.file
  return `${place.file}:${place.line}:${place.column ?? 1}`
}

/** Renders one problem as a single block: `file:line:column  E1xx  message  (hint)`. */
export function formatProblem(problem: Problem): string {
  const where = problem.place ? `${formatPlace(problem.place)}  ` : ''
  const hint = problem.hint ? `\n    → ${problem.hint}` : ''
  return `${where}${problem.code}  ${problem.message}${hint}`
}

/** The message of anything thrown, without a stack. */
export function messageOf(error: unknown): string {
  if (error instanceof Error) return error.message || error.name
  return String(error)
}
