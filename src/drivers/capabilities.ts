// What every driver says it can do, readable without loading any client.
import type { Capabilities } from './driver.ts'
import { capabilities as kafkajs } from './kafkajs/capabilities.ts'
import { capabilities as nul } from './null/capabilities.ts'
import { capabilities as platformatic } from './platformatic/capabilities.ts'
import { capabilities as scripted } from './scripted/capabilities.ts'
import { capabilities as wire } from './wire/capabilities.ts'

const ALL: Record<string, Capabilities> = { kafkajs, platformatic, wire, scripted, null: nul }

/** The capabilities of a driver that exists. */
export function capabilitiesOf(name: string): Capabilities {
  const found = Object.hasOwn(ALL, name) ? ALL[name] : undefined
  if (!found) throw new Error(`no driver named ${name}`)
  return found
}
