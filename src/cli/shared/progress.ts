// Shows a run as it goes: the live board where there is a terminal, plain lines where there is none.
import { type ClockAnchor, clockFromAnchor } from '../../core/time.ts'
import { formatCount, formatUs } from '../../core/units.ts'
import type { Plan } from '../../plan/plan.ts'
import type { Progress } from '../../run/context.ts'
import type { Io } from '../io.ts'
import { Board } from './board.ts'
import { Tally } from './tally.ts'

export type ProgressView = { show(progress: Progress): void; close(): void }

const LINE_EVERY_SECONDS = 5

/** The view that fits the terminal. */
export function makeProgress(plan: Plan, io: Io, options: { quiet: boolean; anchor: ClockAnchor }): ProgressView {
  if (options.quiet) return { show: () => undefined, close: () => undefined }
  if (!io.tty) return plainLines(plan, io)
  const clock = clockFromAnchor(options.anchor, {
    monotonicNs: () => process.hrtime.bigint(),
    millis: () => performance.now(),
  })
  return new Board(plan, io, () => clock.nowUs())
}

/** Steps, trials, and every five seconds what went through. */
function plainLines(plan: Plan, io: Io): ProgressView {
  const tally = new Tally()
  const readers = Math.max(
    1,
    plan.scenario.consumers.reduce((sum, group) => sum + group.groups, 0),
  )
  let shown = -1
  return {
    close: () => undefined,
    show: progress => {
      if (progress.kind === 'step') io.line(io.style('dim', progress.text))
      if (progress.kind === 'trial') {
        tally.reset()
        shown = -1
        const counter = progress.of > 1 ? `trial ${progress.trial.number}/${progress.of}  ` : ''
        const repetition = plan.scenario.repeat > 1 ? `  repetition ${progress.trial.repetition + 1}` : ''
        io.line(`${counter}${progress.label}${repetition}`)
      }
      if (progress.kind !== 'interval') return
      tally.add(progress)
      const second = tally.last()
      if (!second || second.seq < shown + LINE_EVERY_SECONDS) return
      shown = second.seq
      const rates = `sent ${formatCount(second.sent)}/s  acked ${formatCount(second.acked)}/s  consumed ${formatCount(second.received / readers)}/s`
      const p99 = second.ack.count > 0 ? `  ack p99 ${formatUs(second.ack.quantileUs(0.99))}` : ''
      io.line(io.style('dim', `  ${String(second.seq).padStart(3)} s  ${rates}${p99}  errors ${second.errors}`))
    },
  }
}
