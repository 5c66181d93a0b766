// The one door to the YAML parser: text → a plain tree with offsets, or what is wrong with the text as YAML.
import {
  Composer,
  type CST,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  type Node,
  Parser,
} from 'yaml'
import { plain } from './show.ts'
import { explainSyntax, type TextProblem } from './syntax.ts'

export type ScalarNode = {
  kind: 'scalar'
  at: number
  value: string | number | boolean | null
  source: string
  plain: boolean
  refused: boolean
}
export type MapEntry = { key: string; keyAt: number; value: YamlNode }
export type MapNode = { kind: 'map'; at: number; flow: boolean; entries: MapEntry[]; refused: boolean }
export type ListNode = { kind: 'list'; at: number; flow: boolean; items: YamlNode[]; refused: boolean }
/** A part of the file; `refused` parts already have a problem, and later checks leave them alone. */
export type YamlNode = ScalarNode | MapNode | ListNode

export type ParsedYaml = {
  root?: YamlNode
  problems: TextProblem[]
  lineColumn: (offset: number) => { line: number; column: number }
}

export const MAX_DEPTH = 32

/** Parser codes that only repeat what the walk over the tokens has said. */
const SAID_ALREADY = new Set([
  'BAD_ALIAS',
  'ALIAS_PROPS',
  'MULTIPLE_ANCHORS',
  'MULTIPLE_TAGS',
  'BAD_PROP_ORDER',
  'TAG_RESOLVE_FAILED',
  'BAD_DIRECTIVE',
  'MULTIPLE_DOCS',
  'DUPLICATE_KEY',
])

/** Parses one document; positions survive, nothing of the parser's own types leaves this file. */
export function parseYaml(text: string): ParsedYaml {
  const lines = new LineCounter()
  const tokens = tokensOf(text, lines)
  const lineColumn = (offset: number) => {
    const { line, col } = lines.linePos(Math.min(offset, text.length))
    return { line: Math.max(1, line), column: Math.max(1, col) }
  }
  const { problems, isTooDeep, unclosed } = checkTokens(tokens)
  if (isTooDeep) return { problems, lineColumn }
  const options = {
    version: '1.2',
    schema: 'core',
    merge: false,
    uniqueKeys: false,
    strict: true,
    prettyErrors: false,
    logLevel: 'silent',
  } as const
  const [document] = [...new Composer(options).compose(tokens, true, text.length)]
  const complaints = (document?.errors ?? [])
    .filter(error => !SAID_ALREADY.has(error.code))
    .map(error => ({ code: error.code, message: error.message, offset: error.pos[0] }))
  const syntax = explainSyntax(text, complaints, unclosed, offset => lineColumn(offset).line)
  problems.push(...syntax)
  if (syntax.length > 0) return { problems, lineColumn }
  const contents = document?.contents
  return contents ? { root: treeOf(contents, problems), problems, lineColumn } : { problems, lineColumn }
}

/** The text as a token tree; reading stops early where the nesting is absurd, so that such a file costs no time. */
function tokensOf(text: string, lines: LineCounter): CST.Token[] {
  const parser = new Parser(lines.addNewLine)
  const tokens: CST.Token[] = []
  lines.addNewLine(0)
  for (const lexeme of new Lexer().lex(text)) {
    tokens.push(...parser.next(lexeme))
    if (parser.stack.length > 4 * MAX_DEPTH) break
  }
  return [...tokens, ...parser.end()]
}

type Visit = { token: CST.Token; depth: number }

/** Walks the tokens without recursion: depth, anchors, aliases, tags, directives and further documents, which are refused before anything is built from them. */
function checkTokens(tokens: readonly CST.Token[]): {
  problems: TextProblem[]
  isTooDeep: boolean
  unclosed: number[]
} {
  const problems: TextProblem[] = []
  const unclosed: number[] = []
  let deepest: TextProblem | undefined
  const documents = tokens.filter(token => token.type === 'document')
  for (const token of tokens)
    if (token.type === 'directive')
      problems.push({
        code: 'E109',
        message: `the directive ${plain(token.source)} is not allowed`,
        hint: 'remove the line',
        offset: token.offset,
      })
  const second = documents[1]
  if (second)
    problems.push({
      code: 'E110',
      message: `the file holds ${documents.length} YAML documents`,
      hint: 'write one scenario per file; remove the `---` between them',
      offset: second.offset,
    })
  const first = documents[0]
  const open: Visit[] = first?.value ? [{ token: first.value, depth: 1 }] : []
  for (const mark of first?.start ?? []) checkMark(mark, problems)
  for (let visit = open.pop(); visit; visit = open.pop()) {
    const { token, depth } = visit
    if (isUnclosed(token)) unclosed.push(token.offset)
    if (token.type === 'alias') problems.push(refusedAlias(token.source, token.offset))
    if (!('items' in token)) continue
    if (depth > MAX_DEPTH) {
      if (!deepest || token.offset < deepest.offset)
        deepest = {
          code: 'E112',
          message: `nested more than ${MAX_DEPTH} levels deep`,
          hint: 'no part of a scenario needs more than eight',
          offset: token.offset,
        }
      continue
    }
    for (const item of token.items) {
      for (const mark of [...item.start, ...(item.sep ?? [])]) checkMark(mark, problems)
      if (item.key) open.push({ token: item.key, depth: depth + 1 })
      if (item.value) open.push({ token: item.value, depth: depth + 1 })
    }
  }
  if (deepest) problems.push(deepest)
  return { problems, isTooDeep: deepest !== undefined, unclosed: unclosed.toSorted((a, b) => a - b) }
}

/** True for a quote or bracket that nothing ends. */
function isUnclosed(token: CST.Token): boolean {
  if (token.type === 'flow-collection') return !token.end.some(mark => mark.source === '}' || mark.source === ']')
  if (token.type === 'single-quoted-scalar') return (token.source.split("'").length - 1) % 2 === 1
  if (token.type !== 'double-quoted-scalar') return false
  const backslashes = token.source.length - 1 - token.source.slice(0, -1).replace(/\\+$/, '').length
  return token.source.length < 2 || !token.source.endsWith('"') || backslashes % 2 === 1
}

function refusedAlias(source: string, offset: number): TextProblem {
  return {
    code: 'E108',
    message: `the alias ${plain(source)} is not allowed`,
    hint: 'write the value out, or sweep it with the matrix',
    offset,
  }
}

function checkMark(mark: CST.SourceToken, problems: TextProblem[]): void {
  if (mark.type === 'anchor')
    problems.push({
      code: 'E108',
      message: `the anchor ${plain(mark.source)} is not allowed`,
      hint: 'remove it and write the value out where it is used',
      offset: mark.offset,
    })
  if (mark.type === 'tag')
    problems.push({
      code: 'E109',
      message: `the tag ${plain(mark.source)} is not allowed`,
      hint: 'remove it; put text in quotes and leave numbers bare',
      offset: mark.offset,
    })
}

function treeOf(node: Node, problems: TextProblem[]): YamlNode {
  const at = node.range?.[0] ?? 0
  const refused = isAlias(node) || node.tag !== undefined
  if (isMap(node))
    return {
      kind: 'map',
      at,
      flow: node.flow === true,
      entries: node.items.flatMap(pair => entryOf(pair.key, pair.value, at, problems)),
      refused,
    }
  if (isSeq(node))
    return {
      kind: 'list',
      at,
      flow: node.flow === true,
      items: node.items.map(item => (isNode(item) ? treeOf(item, problems) : emptyAt(at))),
      refused,
    }
  if (!isScalar(node)) return { ...emptyAt(at), refused: true }
  const { value } = node
  const known = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null
  return { kind: 'scalar', at, value: known, source: node.source ?? '', plain: node.type === 'PLAIN', refused }
}

function emptyAt(at: number): ScalarNode {
  return { kind: 'scalar', at, value: null, source: '', plain: true, refused: false }
}

/** One `key: value`; keys that are not text are reported and left out. */
function entryOf(key: unknown, value: unknown, mapAt: number, problems: TextProblem[]): MapEntry[] {
  const keyAt = (isNode(key) ? key.range?.[0] : undefined) ?? mapAt
  const name = isScalar(key) ? (key.source ?? '') : undefined
  if (name === undefined || name === '') {
    problems.push({
      code: 'E114',
      message: name === undefined ? 'a key must be plain text' : 'the key before the colon is missing',
      hint: 'write key: value',
      offset: keyAt,
    })
    return []
  }
  if (name === '<<') {
    problems.push({
      code: 'E108',
      message: 'the merge key << is not allowed',
      hint: 'write the keys out',
      offset: keyAt,
    })
    return []
  }
  return [{ key: name, keyAt, value: isNode(value) ? treeOf(value, problems) : emptyAt(keyAt) }]
}
