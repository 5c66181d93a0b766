// One attempt to read the effective settings of a topic or a broker.
import type { Connection } from '../connection.ts'
import { throwIfError } from '../errors.ts'
import { describeConfigsV3 } from '../requests/describe-configs.ts'

export type Config = { name: string; value: string; source: string }

/** Kafka's numbers of config sources. */
const SOURCES: Readonly<Record<number, string>> = {
  1: 'topic',
  2: 'broker (dynamic)',
  3: 'cluster (dynamic)',
  4: 'broker (static)',
  5: 'default',
  6: 'broker logger',
  7: 'group',
}

/** Settings with where each comes from; what the broker calls sensitive is not shown. */
export async function describeConfigs(connection: Connection, type: number, name: string): Promise<Config[]> {
  const request = { resources: [{ type, name, names: null }], includeSynonyms: false }
  const { resources } = await connection.request(describeConfigsV3, request)
  return resources.flatMap(({ errorCode, errorMessage, configs }) => {
    throwIfError(errorCode, `settings of ${name}`, errorMessage)
    return configs.map(entry => ({
      name: entry.name,
      value: entry.isSensitive ? '[hidden]' : (entry.value ?? ''),
      source: SOURCES[entry.source] ?? 'unknown',
    }))
  })
}
