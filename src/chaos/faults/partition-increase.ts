// Gives a topic more partitions while it is written and read: what keys, groups and clients make of it.
import * as z from 'zod'
import { waitUntil } from '../../cluster/wait.ts'
import { defineFault } from '../fault.ts'
import { partitionsOf, topicKey } from '../replicas.ts'

const SEEN_MS = 1500

export const partitionIncrease = defineFault({
  kind: 'partition-increase',
  describe: 'a topic gets more partitions; Kafka takes none away, so they stay',
  fidelity: 'true',
  needs: 'admin',
  untargeted: 'always',
  takesLeaders: false,
  options: { topic: topicKey, to: z.int().min(2).max(10_000).describe('Partitions in all afterwards') },
  conflict: ({ to }, { partitions }) =>
    to > partitions
      ? undefined
      : { key: 'to', message: `the topic has ${partitions} partitions already`, hint: `write more than ${partitions}` },
  inject: async ({ options, ports }) => {
    for (const name of ports.topicsCalled(options.topic)) await ports.admin.widen(name, options.to)
  },
  prove: async strike => {
    const { topic, to } = strike.options
    const wanted = to * strike.ports.topicsCalled(topic).length
    const led = () => partitionsOf(strike, topic).filter(row => row.leader >= 0).length
    return (await waitUntil(() => led() === wanted, SEEN_MS)) ? `${wanted} partitions with a leader` : undefined
  },
  heal: async () => undefined,
  remains: async () => undefined,
})
