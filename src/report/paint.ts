// Text for terminals: colours where asked for, lines no wider than the window, and nothing that a terminal or a CI log would obey.
import { styleText } from 'node:util'
import Table from 'cli-table3'
import { cleanLine } from './text.ts'

export type TerminalOptions = { colour: boolean; width: number }

export type Style = Parameters<typeof styleText>[0]
export type Paint = (style: Style, text: string) => string

/** Colours text, or leaves it alone; never looks at the stream by itself. */
export function painter(colour: boolean): Paint {
  return (style, text) => (colour ? styleText(style, text, { validateStream: false }) : text)
}

/** Text of unknown origin for a terminal; workflow commands of CI logs (`::error::`, `##[…]`) are broken up. */
export function safe(text: string): string {
  return cleanLine(text)
    .replace(/:(?=:)/g, ': ')
    .replace(/##(?=\[)/g, '# #')
}

/** Breaks text at spaces; `indent` stands before every line but the first. */
export function wrap(text: string, width: number, indent: string): string {
  const room = Math.max(20, width - indent.length)
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > room) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line].join(`\n${indent}`)
}

const NO_BORDERS = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: ' ',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
}

export type TextColumn = { head: string; numeric: boolean }

/** A table without lines; cells must be safe already. */
export function textTable(columns: readonly TextColumn[], rows: readonly (readonly string[])[], paint: Paint): string {
  const table = new Table({
    chars: NO_BORDERS,
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [], compact: true },
    colAligns: columns.map(column => (column.numeric ? 'right' : 'left')),
    head: columns.map(column => paint('dim', column.head)),
  })
  for (const row of rows) table.push([...row])
  return table
    .toString()
    .split('\n')
    .map(line => line.trimEnd())
    .join('\n')
}
