// Asks the agents of all brokers once, each with a deadline, so that one that hangs costs only its own sample.
import { get } from 'node:http'
import { messageOf } from '../../core/errors.ts'
import type { Endpoint } from '../../topology/properties.ts'
import type { BrokerMetrics, BrokerSample, NodePauses } from '../cluster.ts'
import { readPauses } from './gc-log.ts'
import { readScrape, SCRAPE_PATH } from './rules.ts'

/** Below the second in which the next sample is due. */
const DEADLINE_MS = 800

export type WatchedBroker = { node: string; endpoint: Endpoint; readGcLog: () => Promise<string> }

/** The brokers' own side of a running cluster. */
export function watchBrokers(brokers: readonly WatchedBroker[]): BrokerMetrics {
  return {
    sample: async (nowUs, onLack) => {
      const samples = await Promise.all(
        brokers.map(async ({ node, endpoint }): Promise<BrokerSample | undefined> => {
          try {
            const values = readScrape(await ask(endpoint))
            if (Object.keys(values).length > 0) return { node, atUs: nowUs(), values }
            onLack(node, 'the agent told nothing')
          } catch (error) {
            onLack(node, messageOf(error))
          }
          return undefined
        }),
      )
      return samples.filter(sample => sample !== undefined)
    },
    pauses: async () => {
      const logs = await Promise.all(
        brokers.map(async ({ node, readGcLog }): Promise<NodePauses[]> => {
          // A broker that a fault has ended may have no log to read.
          const text = await readGcLog().catch(() => '')
          return text === '' ? [] : [{ node, pauses: readPauses(text) }]
        }),
      )
      return logs.flat()
    },
  }
}

function ask({ host, port }: Endpoint): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = get({ host, port, path: SCRAPE_PATH, signal: AbortSignal.timeout(DEADLINE_MS) }, response => {
      if (response.statusCode !== 200) {
        response.resume()
        reject(new Error(`the agent answered ${response.statusCode}`))
        return
      }
      response.setEncoding('utf8')
      let text = ''
      response
        .on('data', (chunk: string) => {
          text += chunk
        })
        .once('end', () => resolve(text))
        .once('error', reject)
    })
    request.once('error', reject)
  })
}
