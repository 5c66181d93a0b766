// What a plan refuses of `compression: pool`: records that differ in more than their envelopes cannot be compressed beforehand.
import type { Place, Problem } from '../core/errors.ts'
import { capabilitiesOf } from '../drivers/capabilities.ts'
import type { ProducerSetup, TrialSetup } from './setup.ts'

type Context = { placeOf: (path: (string | number)[]) => Place }

/** Every group of a cell that pools, against what pooling needs. */
export function checkPools(setup: TrialSetup, context: Context): Problem[] {
  return setup.producers.flatMap((group, index): Problem[] => {
    if (group.compression !== 'pool') return []
    const place = context.placeOf(['producers', index])
    return [...lacksOfDriver(group), ...lacksOfRecords(group, setup)].map(problem => ({ ...problem, place }))
  })
}

function lacksOfDriver(group: ProducerSetup): Problem[] {
  const { pooledCodecs } = capabilitiesOf(group.driver, group.mode)
  if (!pooledCodecs)
    return [
      {
        code: 'E203',
        message: `driver ${group.driver} cannot honour compression: pool: its client compresses every batch itself`,
        hint: 'write compression: each, or driver: wire',
      },
    ]
  const codec = String(group.settings['compression.type'])
  const hint = `write compression: each, or compression.type: ${pooledCodecs.join(' or ')}`
  if (!pooledCodecs.includes(codec))
    return [
      {
        code: 'E126',
        message: `compression: pool cannot be done with ${codec}: what is sent must hold the envelopes as they are`,
        hint,
      },
    ]
  const level = group.rows.find(row => row.name === `compression.${codec}.level` && row.source !== 'default')
  return level
    ? [
        {
          code: 'E203',
          message: `compression: pool cannot honour ${level.name}: it has one level only`,
          hint: 'remove it, or write compression: each',
        },
      ]
    : []
}

function lacksOfRecords(group: ProducerSetup, setup: TrialSetup): Problem[] {
  const carriesCrc =
    group.verify === 'records' && setup.consumers.find(({ driver, mode }) => !capabilitiesOf(driver, mode).checksCrc)
  const reasons = [
    group.keys === 'none' ? [] : ['keys'],
    typeof group.values.size === 'number' ? [] : ['sizes'],
    group.values.template === undefined ? [] : ['texts'],
    group.envelope === 'header' && group.verify === 'records' ? ['headers'] : [],
    carriesCrc ? [`checksums, which readers of driver ${carriesCrc.driver} need`] : [],
  ].flat()
  return reasons.map(reason => ({
    code: 'E128',
    message: `compression: pool needs records that differ in nothing but their envelopes; these differ in ${reason}`,
    hint: 'write compression: each, or make all records alike',
  }))
}
