// Asks Kafka's own GetOffsetShell, so that the count of stored records has a witness that is not us.
import { HarnessError } from '../core/errors.ts'
import type { TrialContext } from './context.ts'
import { topicName } from './specs.ts'

const TOOL = 'org.apache.kafka.tools.GetOffsetShell'

/** The tool's own lines `topic:partition:offset` for the topics of a trial, sorted. */
export async function witnessText(context: TrialContext, trial: number): Promise<string> {
  const { cluster } = context
  if (!cluster.tool)
    throw new HarnessError({
      code: 'E305',
      message: 'no Kafka tools at hand to be a witness',
      hint: 'run without --witness',
    })
  const pattern = `${topicName(context.runId, trial, '').replaceAll('.', '\\.')}.*`
  const result = await cluster.tool(TOOL, [
    '--bootstrap-server',
    cluster.observerBootstrap.join(','),
    '--topic',
    pattern,
  ])
  if (result.exitCode !== 0)
    throw new HarnessError({
      code: 'E305',
      message: `GetOffsetShell ended with code ${result.exitCode}: ${result.stderr.slice(-300)}`,
    })
  const lines = result.stdout.split('\n').filter(line => /:\d+:\d+$/.test(line))
  return lines.sort().join('\n')
}

/** Sum of the offsets in the tool's output. */
export function countOffsets(text: string): number {
  return text.split('\n').reduce((sum, line) => sum + Number(line.split(':').at(-1) ?? 0), 0)
}
