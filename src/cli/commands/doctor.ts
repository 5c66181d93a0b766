// gauntlet doctor: looks at everything a run needs from this machine, and says for each finding what to do about it.
import { EXIT } from '../../core/errors.ts'
import { KAFKA_DEFAULT_VERSION } from '../../scenario/schema/cluster.ts'
import type { CommandInput } from '../commands.ts'
import type { Io } from '../io.ts'
import { checkDocker, checkLeftovers, checkProcess } from '../shared/check-engines.ts'
import { checkMachine } from '../shared/check-machine.ts'
import type { Finding } from '../shared/finding.ts'

const COLOURS = { ok: 'green', warn: 'yellow', fail: 'red' } as const

/** Exit 0 where at least one provider can run a cluster here, else 4. */
export async function execute({ io, options }: CommandInput): Promise<number> {
  const machine = await checkMachine(options.out ?? '.')
  const jvms = await checkProcess(KAFKA_DEFAULT_VERSION)
  const docker = await checkDocker(KAFKA_DEFAULT_VERSION)
  const engines = [
    ...(docker.isUsable ? jvms.findings.map(soften) : jvms.findings),
    ...(jvms.isUsable ? docker.findings.map(soften) : docker.findings),
  ]
  const findings = [...machine, ...engines, ...(await checkLeftovers())]
  const isPossible = (jvms.isUsable || docker.isUsable) && machine.every(finding => finding.state !== 'fail')
  const providers = { process: jvms.isUsable, docker: docker.isUsable }
  if (options.json) io.line(JSON.stringify({ possible: isPossible, providers, findings }, null, 2))
  else describe(findings, io)
  if (!options.json) io.line(conclusion(isPossible, providers))
  return isPossible ? EXIT.pass : EXIT.environment
}

/** What one provider lacks stands in nobody's way where the other one works. */
function soften(finding: Finding): Finding {
  return finding.state === 'fail' ? { ...finding, state: 'warn' } : finding
}

function describe(findings: readonly Finding[], io: Io): void {
  const width = Math.max(...findings.map(finding => finding.check.length))
  for (const { check, state, detail, fix } of findings) {
    io.line(`${io.style(COLOURS[state], state.padEnd(4))}  ${check.padEnd(width)}  ${detail}`)
    if (fix !== undefined) io.line(`${' '.repeat(width + 8)}→ ${fix}`)
  }
  io.line()
}

function conclusion(isPossible: boolean, providers: Record<'process' | 'docker', boolean>): string {
  const usable = Object.entries(providers).flatMap(([name, isUsable]) => (isUsable ? [name] : []))
  if (isPossible) return `runs are possible with: ${usable.join(', ')}`
  if (usable.length > 0) return 'no run is possible before what failed above is put right'
  return 'no run is possible: neither Docker nor JVM processes can start a broker here'
}
