// Arguments → command → exit code; the only place where errors become text and codes.
import yargs from 'yargs'
import { EXIT, formatProblem, HarnessError, messageOf } from '../core/errors.ts'
import { nearest } from '../core/suggest.ts'
import { COMMANDS, type Command, type CommandInput } from './commands.ts'
import { type Io, terminalIo } from './io.ts'
import { OPTIONS, type OptionName, type OptionSource, type OptionSpec, type Options } from './options.ts'
import { toolVersion } from './version.ts'

const EPILOGUE = `Exit codes: 0 pass · 1 a rule or check failed · 2 bad input · 3 inconclusive · 4 environment not ready
5 refused by a guard · 6 stopped by a worker failure · 7 recording corrupt · 8 clean-up incomplete · 130/143 signals
Flags win over GAUNTLET_* variables, these over the scenario, this over the properties file and defaults.`

class UsageError extends Error {}

function optionSpec(name: OptionName): OptionSpec {
  return OPTIONS[name]
}

/** Runs the command line; resolves to the exit code. */
export async function main(argv: string[], io: Io = terminalIo()): Promise<number> {
  try {
    return await dispatch(argv, io)
  } catch (error) {
    return report(error, io)
  }
}

async function dispatch(argv: string[], io: Io): Promise<number> {
  let chosen: { command: Command; parsed: Record<string, unknown> } | undefined
  const parser = yargs(argv)
    .scriptName('gauntlet')
    .usage('gauntlet <command> [options]')
    .version(toolVersion())
    .strict()
    .exitProcess(false)
    .parserConfiguration({ 'camel-case-expansion': false, 'dot-notation': false, 'duplicate-arguments-array': true })
    .epilogue(EPILOGUE)
    .wrap(Math.min(110, io.width))
    .fail((message, error) => {
      throw error ?? new UsageError(message)
    })
  for (const command of COMMANDS) {
    parser.command(
      `${command.name} ${command.arguments}`.trim(),
      command.describe,
      builder => {
        for (const name of command.options) {
          const { env, default: fallback, describe, ...spec } = optionSpec(name)
          const notes = [env ? `[${env}]` : '', fallback === undefined ? '' : `(default ${fallback})`]
            .filter(Boolean)
            .join(' ')
          builder.option(name, {
            ...spec,
            describe: notes ? `${describe} ${notes}` : describe,
            ...(spec.type === 'array' ? { string: true, nargs: 1 } : {}),
          })
        }
        return builder
      },
      parsed => {
        chosen = { command, parsed }
      },
    )
  }
  refuseUnknown(argv)
  await parser.parseAsync()
  if (!chosen) return EXIT.pass
  const { command, parsed } = chosen
  const module = await command.load()
  return module.execute(inputOf(command, parsed, io))
}

/** Names the command that was meant; yargs would only call the word an unknown argument. */
function refuseUnknown(argv: readonly string[]): void {
  const word = argv[0]
  if (word === undefined) throw new UsageError('no command given')
  const names = COMMANDS.map(command => command.name)
  if (word.startsWith('-') || word === 'help' || names.includes(word)) return
  const near = nearest(word, names)
  throw new UsageError(`no command named ${word}${near ? `; did you mean ${near}?` : ''}`)
}

function inputOf(command: Command, parsed: Record<string, unknown>, io: Io): CommandInput {
  const options: Record<string, unknown> = {}
  const sources: CommandInput['sources'] = {}
  for (const name of command.options) {
    const spec = optionSpec(name)
    const found = valueOf(name, spec, parsed)
    if (!found) continue
    options[name] = found.value
    sources[name] = found.source
  }
  const positionals = [...command.arguments.matchAll(/[<[](\w+)(?:\.\.)?[\]>]/g)].flatMap(([, name = '']) =>
    [parsed[name] ?? []].flat().map(String),
  )
  return { positionals, options: options as Options, sources, io }
}

function valueOf(
  name: OptionName,
  spec: OptionSpec,
  parsed: Record<string, unknown>,
): { value: unknown; source: OptionSource } | undefined {
  const given = parsed[name]
  if (Array.isArray(given) && spec.type !== 'array') throw new UsageError(`--${name} is given twice`)
  if (spec.type === 'number' && Number.isNaN(given)) throw new UsageError(`--${name} needs a number`)
  if (given !== undefined) return { value: given, source: 'flag' }
  const text = spec.env === undefined ? undefined : process.env[spec.env]
  if (text !== undefined && text !== '') return { value: fromEnvironment(spec, text), source: 'environment' }
  return spec.default === undefined ? undefined : { value: spec.default, source: 'default' }
}

function fromEnvironment(spec: OptionSpec, text: string): unknown {
  const refuse = (hint: string) =>
    new HarnessError({ code: 'E205', message: `${spec.env}=${text} cannot be read`, hint })
  if (spec.choices && !spec.choices.includes(text)) throw refuse(`one of ${spec.choices.join(', ')}`)
  if (spec.type === 'array') return text.split(';').map(part => part.trim())
  if (spec.type === 'string') return text
  if (spec.type === 'number') {
    if (!Number.isFinite(Number(text))) throw refuse('a number')
    return Number(text)
  }
  if (!['true', 'false', '1', '0'].includes(text)) throw refuse('true or false')
  return text === 'true' || text === '1'
}

function report(error: unknown, io: Io): number {
  if (error instanceof HarnessError) {
    for (const problem of error.problems) io.error(formatProblem(problem))
    return error.exitCode
  }
  if (error instanceof UsageError || (error instanceof Error && error.name === 'YError')) {
    io.error(
      `E201  ${messageOf(error)}\n    → gauntlet --help shows all commands, gauntlet <command> --help its options`,
    )
    return EXIT.usage
  }
  const suppressed = (error as { suppressed?: unknown }).suppressed
  if (suppressed !== undefined) return report(suppressed, io)
  io.error('This is a bug in kafka-gauntlet; please report it with the lines below.')
  io.error(error instanceof Error ? (error.stack ?? error.message) : String(error))
  return EXIT.bug
}
