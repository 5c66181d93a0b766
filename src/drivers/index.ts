// The registry of drivers: a new one is one folder and one line here (and one in capabilities.ts).
import type { Driver, Lack, Security } from './driver.ts'

const LOADERS: Record<string, () => Promise<{ driver: Driver }>> = {
  kafkajs: () => import('./kafkajs/driver.ts'),
  platformatic: () => import('./platformatic/driver.ts'),
  wire: () => import('./wire/driver.ts'),
  java: () => import('./java/driver.ts'),
  librdkafka: () => import('./librdkafka/driver.ts'),
  scripted: () => import('./scripted/driver.ts'),
  null: () => import('./null/driver.ts'),
}

/** What is missing on this machine for a driver whose client does not come with us. */
const LACKS: Record<string, (security?: Security) => Promise<Lack | undefined>> = {
  java: async () => (await import('./java/install.ts')).lackOfJavaClient(),
  librdkafka: async security => (await import('./librdkafka/client.ts')).lackOfRdkafka(security),
}

/** Undefined where a driver can be used here and log in that way, else why not and what to do. */
export async function lackOfDriver(name: string, security?: Security): Promise<Lack | undefined> {
  return Object.hasOwn(LACKS, name) ? LACKS[name]?.(security) : undefined
}

/** Loads a driver and the client behind it. */
export async function loadDriver(name: string): Promise<Driver> {
  const loader = Object.hasOwn(LOADERS, name) ? LOADERS[name] : undefined
  if (!loader) throw new Error(`no driver named ${name}`)
  return (await loader()).driver
}
