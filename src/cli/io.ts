// The only way to the terminal: lines out, lines to stderr, and what kind of terminal it is.
import { styleText } from 'node:util'

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan'

export type Io = {
  line(text?: string): void
  error(text: string): void
  /** Raw text, for the live board. */
  write(text: string): void
  style(style: Style, text: string): string
  colour: boolean
  tty: boolean
  width: number
}

/** The terminal of this process; NO_COLOR, FORCE_COLOR and CI are honoured. */
export function terminalIo(): Io {
  const { env, stdout, stderr } = process
  const forced = env['FORCE_COLOR'] !== undefined && env['FORCE_COLOR'] !== '0'
  const colour = forced || (Boolean(stdout.isTTY) && env['NO_COLOR'] === undefined && env['TERM'] !== 'dumb')
  for (const stream of [stdout, stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error
    })
  }
  return {
    line: (text = '') => void stdout.write(`${text}\n`),
    error: text => void stderr.write(`${text}\n`),
    write: text => void stdout.write(text),
    style: (style, text) => (colour ? styleText(style, text, { validateStream: false }) : text),
    colour,
    tty: Boolean(stdout.isTTY) && env['CI'] === undefined,
    width: stdout.columns ?? 100,
  }
}
