// What every driver says it can do, readable without loading any client.
import type { Capabilities } from './driver.ts'
import { capabilities as java } from './java/capabilities.ts'
import { capabilities as kafkajs, asShipped as kafkajsAsShipped } from './kafkajs/capabilities.ts'
import { capabilities as librdkafka } from './librdkafka/capabilities.ts'
import { capabilities as nul } from './null/capabilities.ts'
import { capabilities as platformatic, asShipped as platformaticAsShipped } from './platformatic/capabilities.ts'
import { capabilities as scripted } from './scripted/capabilities.ts'
import { capabilities as wire } from './wire/capabilities.ts'

const ALL: Record<string, Capabilities> = { kafkajs, platformatic, wire, java, librdkafka, scripted, null: nul }
/** Of drivers that run a library as its users do; one that always does so stands above only. */
const AS_SHIPPED: Record<string, Capabilities> = { kafkajs: kafkajsAsShipped, platformatic: platformaticAsShipped }

/** The capabilities of a driver that exists, in a mode that it has. */
export function capabilitiesOf(name: string, mode: 'tuned' | 'as-shipped' = 'tuned'): Capabilities {
  const found = Object.hasOwn(ALL, name) ? ALL[name] : undefined
  if (!found) throw new Error(`no driver named ${name}`)
  return mode === 'as-shipped' ? (AS_SHIPPED[name] ?? found) : found
}

/** How the processes of a driver's workers start; a driver that does not exist fails in its worker, with the reason. */
export function startOf(name: string): { options: readonly string[]; environment: Readonly<Record<string, string>> } {
  const { runtimeOptions = [], environment = {} } = (Object.hasOwn(ALL, name) ? ALL[name] : undefined) ?? {}
  return { options: runtimeOptions, environment }
}

/** False for drivers that only stand in for a client, or are ours: nobody ships them. */
export function hasMode(name: string, mode: 'tuned' | 'as-shipped'): boolean {
  return mode === 'tuned' || Object.hasOwn(AS_SHIPPED, name) || capabilitiesOf(name).kind === 'record'
}
