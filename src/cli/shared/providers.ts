// Chooses what runs the brokers: what the scenario asks for, or Docker where it can, else JVM processes.

import type { Provider } from '../../cluster/cluster.ts'
import { HarnessError } from '../../core/errors.ts'
import type { ClusterSpec } from '../../scenario/schema/cluster.ts'

/** Loads a provider by name. */
export async function loadProvider(name: 'docker' | 'process'): Promise<Provider> {
  if (name === 'docker') return (await import('../../cluster/providers/docker/provider.ts')).dockerProvider
  return (await import('../../cluster/providers/process.ts')).processProvider
}

/** The provider for a cluster; `auto` says why it passed Docker over. */
export async function chooseProvider(spec: ClusterSpec, say: (text: string) => void): Promise<Provider> {
  if (spec.kind === 'external') return loadProvider('process')
  const wanted = { kafkaVersion: spec.kafka, ...(spec.image ? { image: spec.image } : {}) }
  const names = spec.provider === 'auto' ? (['docker', 'process'] as const) : ([spec.provider] as const)
  const reasons: { reason: string; hint: string }[] = []
  for (const name of names) {
    const provider = await loadProvider(name)
    const lack = await provider.unavailable(wanted)
    if (!lack) return provider
    reasons.push(lack)
    if (names.length > 1 && name === 'docker') say(`without Docker: ${lack.reason}`)
  }
  if (names.length === 1 && spec.kind === 'started') {
    const only = reasons[0]
    throw new HarnessError({
      code: spec.provider === 'docker' ? (/image/i.test(only?.reason ?? '') ? 'E302' : 'E301') : 'E304',
      message: only?.reason ?? 'no provider',
      ...(only ? { hint: only.hint } : {}),
    })
  }
  throw new HarnessError(
    reasons.map((lack, index) => ({ code: index === 0 ? 'E301' : 'E304', message: lack.reason, hint: lack.hint })),
  )
}
