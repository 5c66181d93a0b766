// Suggestions: likely typos find their word, and unlike words find none.
import { describe, expect, it } from 'vitest'
import { editDistance, nearest } from '../../../src/core/suggest.ts'

const WORDS = [
  'acks',
  'linger.ms',
  'batch.size',
  'compression.type',
  'compression.gzip.level',
  'max.poll.records',
  'warn',
  'none',
]

describe('nearest', () => {
  it.each([
    ['ack', 'acks'],
    ['akcs', 'acks'],
    ['lingerMs', 'linger.ms'],
    ['linger_ms', 'linger.ms'],
    ['LINGER.MS', 'linger.ms'],
    ['linger', 'linger.ms'],
    ['compression', 'compression.type'],
    ['batchsize', 'batch.size'],
    ['max.pol.recrds', 'max.poll.records'],
    ['warning', 'warn'],
    ['nonne', 'none'],
  ])('%s → %s', (word, expected) => {
    expect(nearest(word, WORDS)).toBe(expected)
  })

  it.each(['', '.', 'x', 'foo', 'fetch.min.bytes', 'y'.repeat(500)])('%s → nothing', word => {
    expect(nearest(word, WORDS)).toBeUndefined()
  })

  it('can be told to be narrow', () => {
    expect(nearest('max.pol.recrds', WORDS, 1)).toBeUndefined()
    expect(nearest('acks', [])).toBeUndefined()
  })
})

describe('editDistance', () => {
  it.each([
    ['', 'abc', 3],
    ['abc', 'abc', 0],
    ['abc', 'acb', 1],
    ['kitten', 'sitting', 3],
    ['ca', 'abc', 3],
  ])('%s, %s: %d', (a, b, edits) => {
    expect(editDistance(a, b)).toBe(edits)
    expect(editDistance(b, a)).toBe(edits)
  })
})
