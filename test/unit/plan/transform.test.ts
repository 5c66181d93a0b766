// Only a client that has transactions may transform, and what a transform implies for topics and commits is planned.
import { describe, expect, test } from 'vitest'
import type { HarnessError } from '../../../src/core/errors.ts'
import { formatProblem } from '../../../src/core/errors.ts'
import { planOf } from './made.ts'

const text = (consumer: string, expected = ''): string => `version: 1
name: made
topics:
  - { name: orders, partitions: 4 }
  - { name: invoices, partitions: 3 }
producers:
  - name: web
consumers:
  - name: billing
    ${consumer}
  - name: ledger
    topics: [invoices]
load:
  phases:
    - { phase: steady, for: 10s, rate: 1k/s }
${expected}`

const refused = (yaml: string): string[] => {
  try {
    planOf(yaml)
    return []
  } catch (error) {
    return (error as HarnessError).problems.map(formatProblem)
  }
}

describe('a group that transforms', () => {
  test.each(['wire', 'platformatic', 'java', 'librdkafka'])(
    'is refused with driver %s, with place and hint',
    driver => {
      const problems = refused(text(`driver: ${driver}\n    transform: { to: invoices }`))
      expect(problems).toContain(
        `made.yaml:11:16  E203  driver ${driver} cannot honour transform: no transactions are made with it\n    → write driver: kafkajs, or remove it`,
      )
    },
  )

  test('is refused where kafkajs runs as shipped', () => {
    expect(refused(text('mode: as-shipped\n    transform: { to: invoices }'))).toEqual([
      'made.yaml:11:16  E203  driver kafkajs as shipped cannot honour transform: no transactions are made with it\n    → write mode: tuned, or remove it',
    ])
  })

  test('reads what producers write, and they do not write its target, where nothing else is said', () => {
    const [setup] = planOf(text('transform: { to: invoices }')).setups
    expect(setup?.producers[0]?.topicNames).toEqual(['orders'])
    expect(setup?.consumers.map(({ topicNames }) => topicNames)).toEqual([['orders'], ['invoices']])
    expect(setup?.consumers[0]).toMatchObject({ commit: 'none', transform: { records: 100, abort: 0 } })
  })

  test('is what rules about transactions need', () => {
    const rule = 'expect: [transactions.fenced > 0]\n'
    expect(refused(text('transform: { to: invoices }', rule))).toEqual([])
    expect(refused(text('members: 1', rule))).toEqual([expect.stringContaining('E202')])
  })

  test('tells no end-to-end time by itself', () => {
    const alone = text('transform: { to: invoices }', 'expect: [e2e.p99 < 1s]\n').replace(
      / {2}- name: ledger\n.*\n/,
      '',
    )
    expect(refused(alone)).toEqual([expect.stringContaining('without a reader behind the transform')])
  })
})
