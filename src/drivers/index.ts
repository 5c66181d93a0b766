// The registry of drivers: a new one is one folder and one line here (and one in capabilities.ts).
import type { Driver } from './driver.ts'

const LOADERS: Record<string, () => Promise<{ driver: Driver }>> = {
  kafkajs: () => import('./kafkajs/driver.ts'),
  platformatic: () => import('./platformatic/driver.ts'),
  wire: () => import('./wire/driver.ts'),
  scripted: () => import('./scripted/driver.ts'),
  null: () => import('./null/driver.ts'),
}

/** Loads a driver and the client behind it. */
export async function loadDriver(name: string): Promise<Driver> {
  const loader = Object.hasOwn(LOADERS, name) ? LOADERS[name] : undefined
  if (!loader) throw new Error(`no driver named ${name}`)
  return (await loader()).driver
}
