// CSV and JUnit: read back by strict readers, with the fixture's numbers in them and hostile text disarmed.
import { describe, expect, it } from 'vitest'
import { csvText, renderCsv } from '../../../src/report/csv.ts'
import { renderJunit } from '../../../src/report/junit.ts'
import { makeAnalysis } from '../../fixtures/analysis.ts'
import { hostile, PAYLOADS } from '../../fixtures/analysis-hostile.ts'
import { makeJudgement } from '../../fixtures/analysis-judgement.ts'

/** RFC 4180, strictly: CRLF ends every row, quotes only around whole fields. */
function readCsv(text: string): string[][] {
  const rows: string[][] = []
  let row: string[] = []
  let rest = text
  while (rest !== '') {
    const field = /^(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/.exec(rest)
    if (!field) throw new Error(`not RFC 4180 near ${JSON.stringify(rest.slice(0, 40))}`)
    row.push(field[1]?.replace(/""/g, '"') ?? field[2] ?? '')
    if (field[3] === '\r\n') {
      rows.push(row)
      row = []
    }
    rest = rest.slice(field[0].length)
  }
  return rows
}

describe('csv', () => {
  const analysis = makeAnalysis({ axes: 1, repeats: 2, trouble: 'loss' })
  const [head = [], ...rows] = readCsv(renderCsv(analysis, makeJudgement(analysis)))
  const value = (row: number, name: string): string | undefined => rows[row]?.[head.indexOf(name)]

  it('has one row per cell with raw numbers', () => {
    expect(rows).toHaveLength(5)
    expect(rows.every(row => row.length === head.length)).toBe(true)
    expect(value(0, 'ack.p99.us')).toBe(String(analysis.cells[0]?.measures?.latencies.ack?.quantiles['p99']))
    expect(value(1, 'compression.type')).toBe('gzip')
    expect(value(1, 'compression.ratio')).toBe('3.42')
    expect(value(4, 'verdict')).toBe('fail')
    expect(value(4, 'stored')).toBe(String(1_400_000 - 37))
    expect(Number(value(0, 'ack.p99.min'))).toBeLessThan(Number(value(0, 'ack.p99.max')))
  })

  it('leaves empty what was not measured', () => {
    const acks = makeAnalysis({ acks0: true })
    const [acksHead = [], first = []] = readCsv(renderCsv(acks, makeJudgement(acks)))
    expect(first[acksHead.indexOf('ack.p99.us')]).toBe('')
    expect(first[acksHead.indexOf('e2e.p99.us')]).toMatch(/^\d+$/)
  })

  it.each(PAYLOADS.map(payload => [JSON.stringify(payload.slice(0, 40)), payload]))(
    'no spreadsheet runs %s',
    (_, payload) => {
      const cells = readCsv(renderCsv(hostile(analysis, payload), hostile(makeJudgement(analysis), payload))).flat()
      expect(cells.length).toBe(head.length * 6)
      expect(cells.filter(cell => /^\s*[=+\-@|%\t\r]/.test(cell) && !/^-?\d/.test(cell))).toEqual([])
    },
  )

  it('puts an apostrophe before formulas, behind blanks and quotes too', () => {
    expect([csvText('=1+1'), csvText(' =1'), csvText('"=1'), csvText('a,b'), csvText('plain')]).toEqual([
      "'=1+1",
      "' =1",
      '"\'""=1"',
      '"a,b"',
      'plain',
    ])
  })
})

/** Throws where XML is not well formed, as far as our output goes: tags nest, attributes are quoted once, characters are allowed. */
function readXml(text: string): { name: string; attributes: Record<string, string> }[] {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: XML 1.0 forbids exactly these
  if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])/.test(text))
    throw new Error('a character that XML forbids')
  const open: string[] = []
  const found: { name: string; attributes: Record<string, string> }[] = []
  const outside = text
    .replace(/^<\?xml version="1.0" encoding="UTF-8"\?>/, '')
    .replace(
      /<(\/?)([a-z-]+)((?:\s+[a-zA-Z]+="[^"<]*")*)\s*(\/?)>/g,
      (_, end: string, name: string, rest: string, empty: string) => {
        if (end) {
          if (open.pop() !== name) throw new Error(`</${name}> ends nothing`)
          return ''
        }
        if (!empty) open.push(name)
        found.push({
          name,
          attributes: Object.fromEntries(
            [...rest.matchAll(/([a-zA-Z]+)="([^"]*)"/g)].map(match => [match[1] ?? '', match[2] ?? '']),
          ),
        })
        return ''
      },
    )
  if (open.length > 0) throw new Error(`<${open.join('>, <')}> never ends`)
  if (/[<>]|&(?!(?:amp|lt|gt|quot|#39);)/.test(outside))
    throw new Error(`stray markup: ${/.{0,20}(?:[<>]|&).{0,20}/.exec(outside)?.[0]}`)
  return found
}

describe('junit', () => {
  it('is as kept', async () => {
    const analysis = makeAnalysis({ axes: 1, cells: 2, trouble: 'slow' })
    await expect(renderJunit(analysis, makeJudgement(analysis))).toMatchFileSnapshot(
      '../../golden/report/junit-slow.xml',
    )
  })

  it('has a case for each rule and check in each cell; inconclusive is skipped, a warning fails nothing', () => {
    const analysis = makeAnalysis({ axes: 1, trouble: 'loss' })
    const judgement = makeJudgement(analysis, 19)
    const tags = readXml(renderJunit(analysis, judgement))
    const count = (name: string) => tags.filter(tag => tag.name === name).length
    expect(count('testcase')).toBe(5 * 6)
    const bad = [...judgement.rules.filter(rule => rule.severity === 'fail'), ...judgement.checks]
      .flatMap(one => one.cells)
      .filter(cell => cell.verdict === 'fail')
    expect(count('failure')).toBe(bad.length)
    expect(bad.length).toBeGreaterThan(1)
    expect(tags.find(tag => tag.name === 'testsuite')?.attributes).toMatchObject({
      name: 'compression-sweep',
      tests: '30',
      failures: String(bad.length),
      errors: '0',
      skipped: '0',
    })
    const slow = makeAnalysis({ trouble: 'slow' })
    expect(readXml(renderJunit(slow, makeJudgement(slow))).filter(tag => tag.name === 'skipped')).toHaveLength(1)
  })

  it('is never green where the run itself failed', () => {
    const analysis = makeAnalysis({})
    const judgement = {
      ...makeJudgement(analysis),
      verdict: 'fail' as const,
      exitCode: 6,
      causes: [{ exitCode: 6, text: 'worker writers-0 ended by itself' }],
    }
    const tags = readXml(renderJunit(analysis, judgement))
    expect(tags.find(tag => tag.name === 'error')?.attributes['message']).toBe('worker writers-0 ended by itself')
  })

  it.each(PAYLOADS.map(payload => [JSON.stringify(payload.slice(0, 40)), payload]))(
    'is well formed with %s',
    (_, payload) => {
      const analysis = makeAnalysis({ axes: 1, cells: 2, trouble: 'loss' })
      const tags = readXml(renderJunit(hostile(analysis, payload), hostile(makeJudgement(analysis), payload)))
      expect(tags.filter(tag => tag.name === 'testcase').length).toBeGreaterThanOrEqual(12)
      expect(new Set(tags.map(tag => tag.name))).toEqual(
        new Set([
          'testsuites',
          'testsuite',
          'properties',
          'property',
          'testcase',
          'failure',
          'system-out',
          ...(tags.some(tag => tag.name === 'error') ? ['error'] : []),
        ]),
      )
    },
  )
})
