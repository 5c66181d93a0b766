// Values from a text template, for payloads that must look like data: placeholders are filled per record by seed.
import { hash32 } from '../core/random.ts'

export type TemplateContext = {
  seed: number
  producer: number
  partition: number
  seq: number
  key: string
  intendedUs: number
}
type Part = (context: TemplateContext) => string

const PLACEHOLDER = /\{(seq|key|now|int:(-?\d+):(-?\d+)|hex:(\d+))\}/g

/** Splits a template into parts once; rendering is concatenation. */
export function compileTemplate(template: string): (context: TemplateContext) => string {
  const parts: Part[] = []
  let last = 0
  for (const match of template.matchAll(PLACEHOLDER)) {
    const literal = template.slice(last, match.index)
    if (literal) parts.push(() => literal)
    parts.push(placeholder(match, parts.length))
    last = match.index + match[0].length
  }
  const tail = template.slice(last)
  if (tail) parts.push(() => tail)
  return context => parts.map(part => part(context)).join('')
}

function placeholder(match: RegExpMatchArray, salt: number): Part {
  const [, name = '', low, high, digits] = match
  const draw = (context: TemplateContext, i: number) =>
    hash32(context.seed, context.producer, context.partition, context.seq, salt, i)
  if (name === 'seq') return context => String(context.seq)
  if (name === 'key') return context => context.key
  if (name === 'now') return context => new Date(context.intendedUs / 1000).toISOString()
  if (digits !== undefined) {
    const length = Math.min(4096, Number(digits))
    return context =>
      Array.from({ length: Math.ceil(length / 8) }, (_, i) => draw(context, i).toString(16).padStart(8, '0'))
        .join('')
        .slice(0, length)
  }
  const from = Number(low)
  const span = Math.max(1, Number(high) - from + 1)
  return context => String(from + (draw(context, 0) % span))
}
