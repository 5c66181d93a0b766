// Shows a value from a scenario inside a message: short, on one line, and without characters that a terminal would obey.

const LONGEST = 60
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069\ufeff]/u

function escaped(char: string): string {
  return `\\u${(char.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`
}

/** Text with unsafe characters written out and cut to a readable length. */
export function plain(text: string): string {
  const cut = text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text
  return cut.replace(new RegExp(UNSAFE, 'gu'), escaped)
}

/** The first character that has no place in a scenario's text, as U+XXXX; tabs and line ends are fine. */
export function unsafeCharacter(text: string): string | undefined {
  for (const char of text) {
    if (char !== '\n' && char !== '\r' && char !== '\t' && UNSAFE.test(char)) {
      return `U+${(char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
    }
  }
  return undefined
}

/** "text", 2.5, true, nothing, a list, a map. */
export function show(value: unknown): string {
  if (value === null || value === undefined) return 'nothing'
  if (typeof value === 'string') return value === '' ? 'an empty text' : `"${plain(value)}"`
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'a map'
  return plain(String(value))
}

/** "a, b or c", cut after `most` entries. */
export function listed(words: readonly string[], most = 16): string {
  if (words.length > most) return `${words.slice(0, most).join(', ')}, … (${words.length} in all)`
  if (words.length < 2) return words.join('')
  return `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`
}
