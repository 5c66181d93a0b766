// The report names one resource: each candidate just full and just not, the order of causes, and no name where nothing was full.
import { describe, expect, test } from 'vitest'
import type { GeneratorHealth } from '../../../src/analysis/analysis.ts'
import type { BrokerLoad } from '../../../src/analysis/brokers.ts'
import { judgeSaturation, type Saturation, type SaturationInput } from '../../../src/analysis/saturation.ts'

const load = (change: Partial<BrokerLoad> = {}): BrokerLoad => ({ node: 'broker-1', seconds: 8, points: [], ...change })
const worker = (saturatedShare: number): GeneratorHealth =>
  ({ worker: 'w-0', role: 'producer', cpuCoresAvg: 0.9, saturatedShare }) as GeneratorHealth
const produce = (totalUs: number, remoteUs: number): NonNullable<BrokerLoad['produce']> => ({
  perSecond: 10,
  totalUs,
  queueUs: 0,
  localUs: totalUs - remoteUs,
  remoteUs,
  responseUs: 0,
})

function judge(broker: Partial<BrokerLoad>, change: Partial<SaturationInput> = {}): Saturation {
  return judgeSaturation({
    brokers: [load(broker)],
    generator: [],
    validity: 'VALID',
    isPressed: false,
    hasFaults: false,
    ...change,
  })
}

describe('judgeSaturation', () => {
  test.each<[string, Partial<BrokerLoad>, Partial<SaturationInput>, Saturation['resource']]>([
    ['stops of a tenth of the time', { gcShare: 0.1 }, {}, 'garbage collection'],
    ['stops of less', { gcShare: 0.099 }, {}, 'none'],
    ['nine tenths of a CPU limit', { cpuCores: 0.27, cpuLimit: 0.3 }, {}, 'broker CPU'],
    ['less of a CPU limit', { cpuCores: 0.26, cpuLimit: 0.3 }, {}, 'none'],
    ['a whole machine without a limit', { cpuCores: 1.9 }, { machine: { cores: 2, busyShare: 0.9 } }, 'broker CPU'],
    ['a machine that all share', { cpuCores: 1 }, { machine: { cores: 2, busyShare: 0.97 } }, 'machine CPU'],
    ['a machine with some room', { cpuCores: 1 }, { machine: { cores: 2, busyShare: 0.94 } }, 'none'],
    ['a worker without CPU to spare', {}, { generator: [worker(0.5)] }, 'generator CPU'],
    ['a worker with some', {}, { generator: [worker(0.4)] }, 'none'],
    ['a generator that missed its schedule', {}, { validity: 'GENERATOR_LIMITED' }, 'generator CPU'],
    ['half of the time flushing', { flushShare: 0.5, flushMeanUs: 9 }, {}, 'disk flush'],
    ['less flushing', { flushShare: 0.49 }, {}, 'none'],
    ['request handlers idle a tenth', { handlerIdle: 0.1 }, {}, 'request handlers'],
    ['request handlers idle more', { handlerIdle: 0.11 }, {}, 'none'],
    ['a network thread idle a tenth', { networkIdle: 0.1 }, {}, 'network threads'],
    ['network threads idle more', { networkIdle: 0.11 }, {}, 'none'],
    ['followers out of sync', { underReplicatedMax: 1 }, {}, 'replication'],
    ['followers thrown out meanwhile', { isrShrinks: 1 }, {}, 'replication'],
    ['followers out of sync by a fault', { underReplicatedMax: 1, isrShrinks: 1 }, { hasFaults: true }, 'none'],
    ['waiting for followers under pressure', { produce: produce(100, 50) }, { isPressed: true }, 'replication'],
    ['waiting for followers without any', { produce: produce(100, 99) }, {}, 'none'],
    ['waiting less for followers under pressure', { produce: produce(100, 49) }, { isPressed: true }, 'none'],
  ])('%s', (_, broker, change, resource) => {
    expect(judge(broker, change).resource).toBe(resource)
  })

  test('a cause is named before what follows from it', () => {
    const all = { handlerIdle: 0, networkIdle: 0, flushShare: 1, gcShare: 0.5, cpuCores: 1, cpuLimit: 1, isrShrinks: 1 }
    const names = [
      'garbage collection',
      'broker CPU',
      'disk flush',
      'request handlers',
      'network threads',
      'replication',
    ]
    const found = judge(all)
    expect([found.resource, ...found.also.map(one => one.resource)]).toEqual(names)
  })

  test('of several brokers the fullest speaks', () => {
    const brokers = [load({ handlerIdle: 0.08 }), load({ node: 'broker-2', handlerIdle: 0.02 })]
    const found = judge({}, { brokers })
    expect(found).toMatchObject({ resource: 'request handlers', node: 'broker-2' })
    expect(found.text).toContain('98 % busy')
  })

  test('where nothing was full the nearest is told, and who told nothing', () => {
    const found = judge(
      {},
      { brokers: [load({ handlerIdle: 0.4, networkIdle: 0.7 }), load({ node: 'b-2', seconds: 0 })] },
    )
    expect(found.text).toBe(
      'nothing was full; nearest to it: the request handlers of broker-1 were 60 % busy; b-2 told nothing',
    )
  })

  test('without a single number nothing is claimed', () => {
    expect(judge({})).toEqual({ resource: 'none', text: 'nothing was measured', also: [] })
  })
})
