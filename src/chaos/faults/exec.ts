// A command of the user's own that brings a fault about, and another that undoes it; only behind --allow-exec.
import * as z from 'zod'
import { waitUntil } from '../../cluster/wait.ts'
import { defineFault, type Strike } from '../fault.ts'
import { awaitEffect, effectOf, leftOf, movesLeaders, patienceKey, showsKey } from '../observed.ts'
import type { CommandEnd, CommandOptions } from '../powers.ts'

const MAX_WORDS = 100

const commandKey = (what: string) =>
  z
    .array(z.string().max(4000))
    .min(1)
    .max(MAX_WORDS)
    .describe(`${what}: a program and its arguments, run without a shell`)

type Options = {
  patience: number
  prove?: string[] | undefined
  shows?: 'unreachable' | 'leader-change' | 'isr-shrink' | undefined
}

const optionsOf = ({ nodes, options }: Strike<Options>): CommandOptions => ({ deadlineMs: options.patience, nodes })

function demand({ exitCode, output }: CommandEnd, what: string): void {
  if (exitCode !== 0) throw new Error(`${what} ended with exit code ${exitCode}${output === '' ? '' : `: ${output}`}`)
}

export const exec = defineFault({
  kind: 'exec',
  describe: 'a command of your own, and another that undoes it; needs --allow-exec',
  fidelity: 'true',
  differs: 'what the command does is not known here; it is proven by a command, or by what the observer sees',
  needs: 'observer',
  untargeted: 'all',
  takesLeaders: ({ options }) => movesLeaders(options.shows),
  options: {
    inject: commandKey('Brings it about'),
    heal: commandKey('Undoes it; run by gauntlet heal too'),
    prove: commandKey('Ends with 0 while the effect is there, and with another code once it is gone').optional(),
    shows: showsKey.optional(),
    patience: patienceKey('30s'),
  },
  conflict: ({ prove, shows }) =>
    prove === undefined && shows === undefined
      ? { message: 'nothing that would prove its effect', hint: 'add prove: [command], or shows: unreachable' }
      : undefined,
  inject: async strike => {
    const { tag, options, ports } = strike
    const end = await ports.commands.act(tag, options.inject, options.heal, optionsOf(strike))
    demand(end, options.inject.join(' '))
    if (options.shows !== undefined) await awaitEffect(strike, options.shows, options.patience)
  },
  prove: async strike => {
    const { options, ports } = strike
    const seen = options.shows === undefined ? undefined : effectOf(strike, options.shows)
    if (options.shows !== undefined && seen === undefined) return undefined
    if (options.prove === undefined) return seen
    const { exitCode } = await ports.commands.ask(options.prove, optionsOf(strike))
    if (exitCode !== 0) return undefined
    return [`${options.prove.join(' ')} ended with 0`, ...(seen === undefined ? [] : [seen])].join(', ')
  },
  heal: async strike => {
    const { tag, options, ports } = strike
    demand(await ports.commands.heal(tag, options.heal, optionsOf(strike)), options.heal.join(' '))
    if (options.shows !== undefined) await waitUntil(() => leftOf(strike) === undefined, options.patience)
  },
  remains: async strike => {
    const { options, ports } = strike
    const left = options.shows === undefined ? undefined : leftOf(strike)
    if (left !== undefined || options.prove === undefined) return left
    const { exitCode } = await ports.commands.ask(options.prove, optionsOf(strike))
    return exitCode === 0 ? `${options.prove.join(' ')} still ends with 0` : undefined
  },
})
