// The `topics` section: what is created, fresh for every trial.
import * as z from 'zod'
import { positiveInt, topicName } from './common.ts'
import { topicSettingsMap } from './settings.ts'

export const topicCountSchema = positiveInt.max(1000).describe('So many topics of this kind: name-0, name-1, …')
export const partitionsSchema = positiveInt.max(10_000).describe('Partitions of each topic')
export const replicationSchema = positiveInt
  .max(15)
  .describe('Default: 3, or the number of brokers where there are fewer')

/** A topic as written; `topicSpec` gives it the name that the rest of the code uses. */
export const topicSchema = z.strictObject({
  name: topicName.describe('Name within the scenario; the run adds its own prefix'),
  count: topicCountSchema.default(1),
  partitions: partitionsSchema.default(1),
  'replication.factor': replicationSchema.optional(),
  config: topicSettingsMap().describe('Topic settings by Kafka’s own names'),
})

/** A topic after reading. */
export function topicSpec({ 'replication.factor': replicationFactor, ...rest }: z.output<typeof topicSchema>) {
  return { ...rest, ...(replicationFactor === undefined ? {} : { replicationFactor }) }
}
