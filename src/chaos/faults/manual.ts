// Something that an operator or another tool does: we say when, see that it happened, and measure.
import * as z from 'zod'
import { waitUntil } from '../../cluster/wait.ts'
import { defineFault } from '../fault.ts'
import { awaitEffect, effectOf, leftOf, movesLeaders, patienceKey, showsKey } from '../observed.ts'

export const manual = defineFault({
  kind: 'manual',
  describe: 'somebody else does it when told, and undoes it when told; proven by what the observer sees',
  fidelity: 'true',
  differs: 'times count from the moment when the observer saw the effect, not from the act',
  needs: 'observer',
  takesLeaders: ({ options }) => movesLeaders(options.shows),
  options: {
    do: z.string().min(1).max(500).describe('What is to be done: pull the plug of broker 2'),
    undo: z.string().min(1).max(500).describe('How it is undone: plug it in again'),
    shows: showsKey,
    patience: patienceKey('60s'),
  },
  inject: async strike => {
    const { options, ports } = strike
    ports.tell(`NOW: ${options.do}`)
    await awaitEffect(strike, options.shows, options.patience)
  },
  prove: async strike => effectOf(strike, strike.options.shows),
  heal: async strike => {
    const { options, ports } = strike
    if (leftOf(strike) === undefined) return
    ports.tell(`NOW: ${options.undo}`)
    await waitUntil(() => leftOf(strike) === undefined, options.patience)
  },
  remains: async strike => leftOf(strike),
})
