// `producers.linger.ms=20ms`, `brokers.num.io.threads=2`, `kafka=4.2.0`: one arm's difference from the scenario, laid over it.
import { HarnessError, type Problem } from '../../core/errors.ts'
import { type AxisScope, parseAxisValue } from '../../scenario/schema/matrix.ts'
import type { Scenario } from '../../scenario/schema/scenario.ts'

const FORM = /^(producers|consumers|topics|brokers|load)\.([\w.]+)=(.*)$/
const KAFKA = /^kafka=(\d+\.\d+\.\d+.*)$/
const HINT =
  'write producers.linger.ms=20ms, producers.driver=wire, topics.partitions=6, brokers.num.io.threads=2, load.rate=5k/s or kafka=4.2.0'

/** Every text pins one setting, as an axis of a single value; an axis that swept it is replaced. */
export function withOverlay(scenario: Scenario, texts: readonly string[]): Scenario {
  return texts.reduce(pin, scenario)
}

function pin(scenario: Scenario, text: string): Scenario {
  const version = KAFKA.exec(text)?.[1]
  if (version !== undefined) {
    if (scenario.cluster.kind === 'external')
      throw new HarnessError({ code: 'E201', message: `${text}: the brokers are not ours to change` })
    return { ...scenario, cluster: { ...scenario.cluster, kafka: version } }
  }
  const match = FORM.exec(text)
  if (!match) throw new HarnessError({ code: 'E201', message: `${text} cannot be read`, hint: HINT })
  const [, scope, setting, raw] = match as unknown as [string, AxisScope, string, string]
  const parsed = parseAxisValue(scope, setting, raw)
  if (!parsed.ok)
    throw new HarnessError(
      parsed.problems.map((problem): Problem => ({ ...problem, message: `${text}: ${problem.message}` })),
    )
  const { matrix } = scenario
  const isSame = (axis: { scope: string; setting: string }): boolean => axis.scope === scope && axis.setting === setting
  const name = matrix.axes.find(isSame)?.name ?? setting
  const isTaken = matrix.axes.some(axis => axis.name === name && !isSame(axis))
  const axis = { scope, setting, name: isTaken ? `${scope}.${setting}` : name, values: [parsed.value] }
  return {
    ...scenario,
    matrix: { ...matrix, include: [], axes: [...matrix.axes.filter(other => !isSame(other)), axis] },
  }
}
