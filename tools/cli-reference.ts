// The reference page of the command line, from the same tables that the parser reads.
import { COMMANDS } from '../src/cli/commands.ts'
import { OPTIONS, type OptionSpec } from '../src/cli/options.ts'
import { EXIT } from '../src/core/errors.ts'

const EXIT_MEANING: Record<keyof typeof EXIT, string> = {
  pass: 'pass (also with warnings)',
  fail: 'a rule or a correctness check failed',
  usage: 'bad input or usage; matrix above its cap',
  inconclusive: 'inconclusive, or an invalid trial',
  environment: 'environment not ready',
  refused: 'refused by a guard; unlike environments',
  stopped: 'stopped by a worker failure',
  recording: 'recording incomplete or corrupt',
  cleanup: 'clean-up incomplete; the message names the command that ends it',
  bug: 'a bug',
  sigint: 'Ctrl-C, after clean-up',
  sigterm: 'SIGTERM, after clean-up',
}

/** The parts of docs/reference/cli.md. */
export function cliReference(): string[] {
  const commands = COMMANDS.map(command => {
    const rows = command.options.map(name => {
      const spec: OptionSpec = OPTIONS[name]
      const choices = spec.choices ? ` (${spec.choices.join(', ')})` : ''
      return `| \`--${name}\` | ${spec.type} | ${spec.describe}${choices} | ${spec.env ?? ''} | ${spec.default ?? ''} |`
    })
    const table =
      rows.length > 0
        ? ['| option | type | what | variable | default |', '|---|---|---|---|---|', ...rows].join('\n')
        : 'No options.'
    return `## gauntlet ${command.name} ${command.arguments.replace(/[<>]/g, '')}\n\n${command.describe}.\n\n${table}`
  })
  const codes = Object.entries(EXIT).map(([name, code]) => `| ${code} | ${EXIT_MEANING[name as keyof typeof EXIT]} |`)
  const exit = [
    '## Exit codes',
    '',
    '| code | meaning |',
    '|---|---|',
    ...codes,
    '',
    'Where several hold, the first of 8, 7, 6, 130/143, 5, 4, 2, 70, 1, 3 is returned; result.json lists all causes.',
  ].join('\n')
  return [...commands, exit]
}
