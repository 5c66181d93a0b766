// gauntlet plan: what a run would do, in which order, at what cost, and where each value comes from.
import { EXIT } from '../../core/errors.ts'
import { formatDurationMs } from '../../core/units.ts'
import { capabilitiesOf } from '../../drivers/capabilities.ts'
import { NO_GROUP, POOLED } from '../../drivers/driver.ts'
import { describeEstimate, type Plan } from '../../plan/plan.ts'
import type { Resolved } from '../../plan/settings.ts'
import { painter, textTable } from '../../report/paint.ts'
import type { CommandInput } from '../commands.ts'
import { loadPlan } from '../shared/load.ts'

const MANY_TRIALS = 40

/** Prints the plan; nothing is started. */
export async function execute(input: CommandInput): Promise<number> {
  const { plan } = await loadPlan(input.positionals[0] ?? '', input)
  if (input.options.json) {
    input.io.line(JSON.stringify(planJson(plan), null, 2))
    return EXIT.pass
  }
  const { io } = input
  io.line(
    io.style('bold', plan.scenario.name) +
      (plan.scenario.description ? `  ${plan.scenario.description.trim().split('\n')[0]}` : ''),
  )
  io.line(describeEstimate(plan))
  for (const note of plan.notes) io.line(io.style('yellow', `note: ${note}`))
  io.line()
  printCells(plan, input)
  printOrder(plan, input)
  printSources(plan, input)
  printStop(plan, input)
  printRules(plan, input)
  return EXIT.pass
}

function table(io: CommandInput['io'], head: string[], rows: string[][]): string {
  const indented = textTable(
    head.map(name => ({ head: name, numeric: false })),
    rows,
    painter(io.colour),
  )
  return indented.replace(/^/gm, '  ')
}

function printCells(plan: Plan, { io }: CommandInput): void {
  const axes = plan.scenario.matrix.axes.map(axis => axis.name)
  if (axes.length === 0) return
  io.line(io.style('bold', 'Cells'))
  io.line(
    table(
      io,
      ['#', ...axes],
      plan.cells.map(cell => [String(cell.index + 1), ...axes.map(name => String(cell.values[name]))]),
    ),
  )
}

function printOrder(plan: Plan, { io }: CommandInput): void {
  if (plan.trials.length <= 1) return
  const shown = plan.trials.slice(0, MANY_TRIALS).map(trial => `${trial.cell.index + 1}`)
  io.line(
    `${io.style('bold', 'Order')} (cell numbers, seed ${plan.scenario.seed}): ${shown.join(' ')}${plan.trials.length > MANY_TRIALS ? ` … ${plan.trials.length} in all` : ''}`,
  )
  io.line()
}

function printSources(plan: Plan, { io }: CommandInput): void {
  const setup = plan.setups[0]
  if (!setup) return
  for (const row of plan.overrides) io.line(`${row.name} = ${row.value}  (${row.source})`)
  const groups = [
    ...setup.producers.map(group => ({
      title: `producers ${group.name}: ${group.workers} × ${group.driver} (${group.mode})${group.compression === 'pool' ? ` (${POOLED})` : ''}`,
      rows: group.rows,
    })),
    ...setup.consumers.map(group => ({
      title: `consumers ${group.name}: ${group.groups} group(s) × ${group.members} member(s), ${group.driver}${capabilitiesOf(group.driver).assignsPartitions ? ` (${NO_GROUP})` : ''}`,
      rows: group.rows,
    })),
  ]
  for (const group of groups) {
    io.line(io.style('bold', group.title) + (plan.cells.length > 1 ? '  (first cell)' : ''))
    io.line(
      table(
        io,
        ['setting', 'value', 'from', 'note'],
        group.rows.map(row => [row.name, String(row.value), row.source, row.note ?? '']),
      ),
    )
  }
  io.line(io.style('bold', 'topics'))
  io.line(
    table(
      io,
      ['topic', 'partitions', 'replicas', 'settings'],
      setup.topics.map(topic => [
        topic.name,
        String(topic.partitions),
        String(topic.replicationFactor),
        topic.sources.map(row => `${row.name}=${row.value} (${row.source})`).join('\n'),
      ]),
    ),
  )
}

function printStop({ scenario: { stop } }: Plan, { io }: CommandInput): void {
  if (stop.limits.length === 0) return
  const lasting = stop.forMs > 0 ? ` for ${formatDurationMs(stop.forMs)}` : ''
  io.line(`${io.style('bold', 'Stops')} at ${stop.limits.map(one => one.text).join(', or ')}${lasting}`)
}

function printRules(plan: Plan, { io }: CommandInput): void {
  if (plan.scenario.expect.length === 0) return io.line('No rules: the verdict rests on the correctness checks alone.')
  io.line(io.style('bold', 'Rules'))
  for (const rule of plan.scenario.expect) {
    const when = Object.entries(rule.when).map(([axis, values]) => `${axis} in ${values.join(', ')}`)
    io.line(
      `  ${rule.text}${when.length > 0 ? `  when ${when.join(' and ')}` : ''}${rule.severity === 'warn' ? '  (warn only)' : ''}`,
    )
  }
}

function planJson(plan: Plan): unknown {
  const rows = (list: readonly Resolved[]) =>
    list.map(({ name, value, source, note }) => ({ name, value, source, ...(note ? { note } : {}) }))
  return {
    scenario: plan.scenario.name,
    cells: plan.cells,
    trials: plan.trials.map(trial => ({
      number: trial.number,
      cell: trial.cell.index,
      repetition: trial.repetition,
      boot: trial.boot,
    })),
    estimate: plan.estimate,
    notes: plan.notes,
    overrides: rows(plan.overrides),
    setups: plan.setups.map(setup => ({
      cell: setup.cell.index,
      topics: setup.topics,
      producers: setup.producers.map(group => ({
        name: group.name,
        driver: group.driver,
        workers: group.workers,
        settings: rows(group.rows),
      })),
      consumers: setup.consumers.map(group => ({
        name: group.name,
        driver: group.driver,
        members: group.members,
        settings: rows(group.rows),
      })),
    })),
  }
}
