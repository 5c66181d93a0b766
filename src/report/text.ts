// Makes text of unknown origin safe to show in any output: no control characters, no reordering marks, no endless lines.

const BREAKS = /[\t\n\v\f\r\u0085\u2028\u2029]+/g
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are exactly what must not reach a terminal
const CONTROLS = /[\u0000-\u0008\u000e-\u001f\u007f-\u009f]/g
// biome-ignore lint/suspicious/noControlCharactersInRegex: all controls but tab and line feed
const CONTROLS_IN_BLOCKS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029]/g
const REORDERING = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g
const REPLACED = '\ufffd'

/** One line: breaks become spaces, controls become visible. */
export function cleanLine(text: string): string {
  return text.toWellFormed().replace(BREAKS, ' ').replace(CONTROLS, REPLACED).replace(REORDERING, REPLACED)
}

/** A block of lines, such as a scenario: tabs and line feeds stay. */
export function cleanBlock(text: string): string {
  return text.toWellFormed().replace(/\r\n?/g, '\n').replace(CONTROLS_IN_BLOCKS, REPLACED).replace(REORDERING, REPLACED)
}

/** At most `length` characters, with an ellipsis where something was cut. */
export function shorten(text: string, length: number): string {
  if (text.length <= length) return text
  const glyphs = [...text]
  return glyphs.length <= length ? text : `${glyphs.slice(0, Math.max(0, length - 1)).join('')}…`
}

/** Escapes text for HTML and XML, in elements and in quoted attributes. */
export function escapeMarkup(text: string): string {
  return text
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/"/g, '&quot;')
    .replace(/'/g, '&#39;')
}

/** "1 trial", "3 trials". */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`
}
