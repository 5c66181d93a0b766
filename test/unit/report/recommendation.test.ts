// What people read of a recommendation: the cell, its equals, the price of each step, and settings that can be pasted as they stand.
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { recommend } from '../../../src/analysis/recommend.ts'
import { verdictsOf } from '../../../src/report/columns.ts'
import { renderHtml } from '../../../src/report/html.ts'
import { renderMarkdown } from '../../../src/report/markdown.ts'
import { pastesOf } from '../../../src/report/paste.ts'
import { answerOf, recordOf } from '../../../src/report/recommendation.ts'
import { renderTerminal } from '../../../src/report/terminal.ts'
import { judgeRecording } from '../../../src/run/finish.ts'
import { makeAnalysis } from '../../fixtures/analysis.ts'
import { makeJudgement } from '../../fixtures/analysis-judgement.ts'

const example = join(import.meta.dirname, '..', '..', '..', 'reports', 'example')

describe('settings to paste', () => {
  const analysis = makeAnalysis({ axes: 2 })
  const cell = analysis.cells.find(one => one.values['compression.type'] === 'zstd' && one.values['linger.ms'] === 20)
  const pastes = cell ? pastesOf(analysis, cell) : []

  test('name what was decided by Kafka’s own names, and no default', () => {
    expect(pastes.find(one => one.title === 'producer.properties (writers)')?.text.split('\n')).toEqual([
      'acks=all',
      'batch.size=65536',
      'compression.type=zstd',
      'linger.ms=20',
      'enable.idempotence=false',
      'buffer.memory=33554432',
    ])
  })

  test('for kafkajs are its own options, and what it lacks is said', () => {
    expect(pastes.find(one => one.title === 'kafkajs (writers)')?.text.split('\n')).toEqual([
      'kafka.producer({ idempotent: false })',
      'producer.send({ acks: -1, compression: CompressionTypes.ZSTD })',
      '// batch.size=65536: collect at most 65536 bytes per partition before each send()',
      '// compression.type=zstd: register a codec in CompressionCodecs, kafkajs brings only gzip',
      '// linger.ms=20: collect messages for 20 ms before each send(): one call is one batch per partition',
      '// buffer.memory=33554432: hold back calls of send() while 33554432 bytes wait',
    ])
  })
})

describe('a matrix whose cells are sound', () => {
  const analysis = makeAnalysis({ axes: 2, repeats: 3 })
  const judgement = makeJudgement(analysis, 100)
  const found = recommend(analysis, verdictsOf(analysis.cells, judgement))
  if (!found?.chosen) throw new Error('nothing recommended')
  const answer = answerOf(found, analysis.cells.length)

  test('is stored for programs with its settings, and cells by their index', () => {
    const { cell, scores } = found.chosen as NonNullable<typeof found.chosen>
    const record = JSON.parse(JSON.stringify(recordOf(found, analysis)))
    expect(record.chosen).toMatchObject({ cell: cell.index, label: cell.label, settings: pastesOf(analysis, cell) })
    expect(record.chosen.numbers['ack.p99']).toBe(scores['ack.p99']?.value)
    expect(record.front.map((one: { cell: number }) => one.cell)).toEqual(found.front.map(one => one.cell.index))
    expect(record.neighbours.map((one: { cell: number }) => one.cell)).toEqual(
      found.neighbours.map(one => one.cell.index),
    )
  })

  test('is answered by the same sentence in every output', async () => {
    expect(answer).toContain(found.chosen?.cell.label ?? '?')
    const page = await renderHtml(analysis, judgement)
    expect(page).toContain(`<strong>${answer}</strong>`)
    expect(page.indexOf('id="recommendation"')).toBeGreaterThan(page.indexOf('id="verdict"'))
    expect(page.indexOf('id="recommendation"')).toBeLessThan(page.indexOf('id="cells"'))
    expect(renderTerminal(analysis, judgement, { colour: false, width: 1000 })).toContain(answer)
    expect(renderMarkdown(analysis, judgement)).toContain('### Recommendation')
  })
})

test('where what may be lost was swept, the answer says that no number weighs it', () => {
  const analysis = makeAnalysis({ acks0: true })
  const found = recommend(analysis, new Map(analysis.cells.map(cell => [cell.index, 'pass'])))
  expect(found?.promises).toEqual(['acks'])
  expect(found && answerOf(found, 3)).toContain('acks decide what may be lost')
})

test('the committed recording, whose cells are in doubt, recommends nothing', async () => {
  const { analysis, judgement } = await judgeRecording(example)
  const found = recommend(analysis, verdictsOf(analysis.cells, judgement))
  expect(found?.chosen).toBeUndefined()
  expect(found && answerOf(found, analysis.cells.length)).toBe(
    'None of 2 cells held every rule and check without doubt, so none is recommended.',
  )
})
