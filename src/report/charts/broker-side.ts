// The brokers' own counters in the resources of a trial: how busy their threads were, and where a produce request's time went.
import type { TrialAnalysis } from '../../analysis/analysis.ts'
import type { BrokerPoint } from '../../analysis/brokers.ts'
import { showBytesPerSecond, showShare, showUs, showWhole } from '../format.ts'
import { saturationText } from '../saturation.ts'
import type { DataTable, Drawing } from './chart.ts'
import { type Kind, MOST_NODES, one, panelOf } from './node-panels.ts'
import { DASHES } from './palette.ts'

const KINDS: readonly Kind<BrokerPoint>[] = [
  {
    title: 'Busy threads: request handlers solid, busiest network thread dashed',
    format: showShare,
    bytes: false,
    traces: [
      { suffix: ' handlers', dash: DASHES.solid, read: point => point.handlerBusy },
      { suffix: ' network', dash: DASHES.long, read: point => point.networkBusy },
    ],
  },
  {
    title: 'Mean time of a produce request: in the broker solid, for followers dashed',
    format: showUs,
    bytes: false,
    traces: [
      { suffix: ' local', dash: DASHES.solid, read: point => point.produceLocalUs },
      { suffix: ' remote', dash: DASHES.long, read: point => point.produceRemoteUs },
    ],
  },
  {
    title: 'Requests waiting for a handler',
    format: value => String(value),
    bytes: false,
    traces: one(point => point.requestQueue),
  },
]

/** Nothing where the brokers were not asked. */
export function brokerSide(trial: TrialAnalysis): Pick<Drawing, 'lead' | 'panels' | 'more'> {
  const { brokers } = trial
  const text = saturationText(trial)
  if (!brokers || text === undefined) return { panels: [] }
  return {
    lead: `What saturated: ${text}`,
    panels: KINDS.flatMap(kind => panelOf(kind, brokers.slice(0, MOST_NODES), trial)),
    more: tableOf(brokers),
  }
}

const HEADS = [
  'handlers busy',
  'network busy',
  'queue peak',
  'produce mean',
  'queued',
  'local',
  'remote',
  'fetch local',
  'flush mean',
  'flushing',
  'bytes in',
  'bytes out',
  'GC share',
  'GC longest',
  'under-replicated',
  'ISR shrinks',
]

function tableOf(brokers: NonNullable<TrialAnalysis['brokers']>): DataTable {
  const busy = (idle: number | undefined): string => showShare(idle === undefined ? undefined : 1 - idle)
  return {
    columns: [{ label: 'broker, by its own counters' }, ...HEADS.map(label => ({ label, numeric: true }))],
    rows: brokers.map(broker => [
      broker.seconds > 0 ? broker.node : `${broker.node} (told nothing)`,
      busy(broker.handlerIdle),
      busy(broker.networkIdle),
      showWhole(broker.requestQueueMax),
      showUs(broker.produce?.totalUs),
      showUs(broker.produce?.queueUs),
      showUs(broker.produce?.localUs),
      showUs(broker.produce?.remoteUs),
      showUs(broker.fetch?.localUs),
      showUs(broker.flushMeanUs),
      showShare(broker.flushShare),
      showBytesPerSecond(broker.bytesInPerSecond),
      showBytesPerSecond(broker.bytesOutPerSecond),
      showShare(broker.gcShare),
      showUs(broker.gcPauseMaxUs),
      showWhole(broker.underReplicatedMax),
      showWhole(broker.isrShrinks),
    ]),
  }
}
