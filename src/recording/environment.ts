// The fingerprint of the machine: what must be alike before two runs may be compared.
import { createHash } from 'node:crypto'
import { cpus, hostname, release, totalmem } from 'node:os'
import type { Environment } from './format.ts'

/** Describes this machine; versions of Docker and Java are added by whoever asked them. */
export function describeEnvironment(extra: { docker?: string; java?: string } = {}): Environment {
  const all = cpus()
  const base = {
    cpuModel: all[0]?.model.trim() ?? 'unknown',
    cores: all.length,
    memoryBytes: totalmem(),
    kernel: release(),
    platform: `${process.platform}-${process.arch}`,
    node: process.version,
    hostname: hostname(),
    ...extra,
  }
  const alike = [
    base.cpuModel,
    base.cores,
    Math.round(base.memoryBytes / 2 ** 30),
    base.kernel,
    base.platform,
    base.node.split('.')[0],
    base.hostname,
  ]
  return { ...base, fingerprint: createHash('sha256').update(alike.join('|')).digest('hex').slice(0, 16) }
}
