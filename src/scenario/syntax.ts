// Says in plain words what is wrong with text that is not YAML, where the parser speaks of tokens and nodes.
import type { ErrorCode } from '../core/errors.ts'
import { plain } from './show.ts'

/** A mistake at an offset of the text. */
export type TextProblem = { code: ErrorCode; message: string; hint?: string; offset: number }

/** What the parser says: its code, its words, and an offset. */
export type Complaint = { code: string; message: string; offset: number }

type Saying = { message: string; hint: string; offset?: number }

const MOST = 5

/** The text of the line around an offset, and where it starts. */
function lineAround(text: string, offset: number): { line: string; start: number } {
  const start = text.lastIndexOf('\n', Math.max(0, offset - 1)) + 1
  const end = text.indexOf('\n', start)
  return { line: text.slice(start, end < 0 ? undefined : end).trimEnd(), start }
}

function unclosedSaying(text: string, offset: number): Saying {
  const char = text[offset] ?? ''
  const isQuote = char === '"' || char === "'"
  const end = isQuote ? char : char === '{' ? '}' : ']'
  return { message: `this ${char} is never closed`, hint: `add the closing ${end}`, offset }
}

function notKeyValue(text: string, offset: number): Saying {
  const { line, start } = lineAround(text, offset)
  const glued = /^(\s*(?:- )?[\w.-]+):(\S.*)$/.exec(line)
  if (glued)
    return {
      message: 'no space after the colon',
      hint: `write ${plain(`${glued[1]?.trim()}: ${glued[2]}`)}`,
      offset: start + (glued[1]?.length ?? 0),
    }
  return { message: `${plain(line.trim())} is not key: value`, hint: 'write key: value, with a colon and a space' }
}

function nestedValue(text: string, offset: number): Saying {
  const rest = text.slice(offset).split('\n', 1)[0] ?? ''
  if (/^\S.*?:(\s|$)/.test(rest) && !rest.startsWith('- '))
    return { message: 'a colon and a space inside this value start another key', hint: 'put the value in quotes' }
  return {
    message: 'the next line is indented as if it belonged to this value',
    hint: 'start all keys of one map in the same column',
  }
}

function misindented(text: string, { message, offset }: Complaint): Saying {
  if (message.startsWith('Flow')) {
    const hint = 'indent it, or write it on one line'
    return { message: 'what stands in brackets must be indented deeper than its key', hint }
  }
  const indent = /^ */.exec(text.slice(offset))?.[0].length ?? 0
  return {
    message: 'this line starts in another column than its neighbours',
    hint: 'start all keys of one map, and all items of one list, in the same column',
    offset: offset + indent,
  }
}

function unexpected(text: string, { message, offset }: Complaint): Saying {
  const char = text[offset] ?? ''
  if (char === ']' || char === '}')
    return { message: `this ${char} closes nothing`, hint: 'remove it, or add the bracket that opens' }
  if (/block-seq-ind/.test(message))
    return {
      message: 'a list may not start on the line of its key',
      hint: 'start each entry on a line of its own: - …',
    }
  if (/at node end/.test(message))
    return { message: 'text after the end of a value', hint: 'put the whole value in quotes' }
  return {
    message: plain(message.replace(/\s+/g, ' ')),
    hint: 'check quotes, brackets and indentation here and in the line above',
  }
}

/** One complaint in plain words, by the parser's code. */
function explain(text: string, complaint: Complaint): Saying {
  const { code, message, offset } = complaint
  switch (code) {
    case 'BAD_INDENT':
      return misindented(text, complaint)
    case 'BLOCK_AS_IMPLICIT_KEY':
      return nestedValue(text, offset)
    case 'MULTILINE_IMPLICIT_KEY':
    case 'MISSING_CHAR':
      return notKeyValue(text, offset)
    case 'BAD_SCALAR_START':
      return { message: `text may not start with ${text[offset] ?? 'this character'}`, hint: 'put it in quotes' }
    case 'BAD_DQ_ESCAPE':
      return { message: plain(message), hint: 'use single quotes for text with backslashes' }
    case 'BLOCK_IN_FLOW':
      return { message: 'a comma is missing between entries in brackets', hint: 'write { a: 1, b: 2 }' }
    default:
      return unexpected(text, complaint)
  }
}

/** Problems for the parser's complaints: one per line, the first few, without those that only follow from another. */
export function explainSyntax(
  text: string,
  complaints: readonly Complaint[],
  unclosed: readonly number[],
  lineOf: (offset: number) => number,
): TextProblem[] {
  const tabs = complaints.filter(complaint => complaint.code === 'TAB_AS_INDENT')
  if (tabs.length > 0)
    return tabs.slice(0, MOST).map(tab => ({
      code: 'E106',
      message: 'a tab is used for indentation',
      hint: 'indent with spaces, two per level',
      offset: tab.offset,
    }))
  const open = complaints.length > 0 ? unclosed[0] : undefined
  if (open !== undefined) return [{ code: 'E105', ...unclosedSaying(text, open), offset: open }]
  const found = new Map<number, TextProblem>()
  for (const complaint of complaints) {
    const saying = explain(text, complaint)
    const problem: TextProblem = {
      code: 'E105',
      message: saying.message,
      hint: saying.hint,
      offset: saying.offset ?? complaint.offset,
    }
    const line = lineOf(problem.offset)
    if (!found.has(line)) found.set(line, problem)
  }
  return [...found.values()].toSorted((a, b) => a.offset - b.offset).slice(0, MOST)
}
