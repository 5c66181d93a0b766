// The live board of a run on a terminal: eight lines redrawn at most four times a second, gone when the run ends.
import { formatCount, formatDurationMs, formatUs } from '../../core/units.ts'
import type { Plan } from '../../plan/plan.ts'
import type { Progress } from '../../run/context.ts'
import type { Io } from '../io.ts'
import type { ProgressView } from './progress.ts'
import { Tally } from './tally.ts'

const REDRAW_MS = 250
const BAR_CELLS = 20
const SPARK_SECONDS = 30
const SPARKS = '▁▂▃▄▅▆▇█'

type Phase = Extract<Progress, { kind: 'phase' }>

/** A bar of `cells` characters, filled by share. */
export function bar(share: number, cells: number): string {
  const full = Math.round(Math.max(0, Math.min(1, share)) * cells)
  return '█'.repeat(full) + '░'.repeat(cells - full)
}

/** Values as a row of blocks, scaled to the largest. */
export function sparkline(values: readonly number[]): string {
  const top = Math.max(...values, 0)
  return values
    .map(value =>
      top > 0 ? SPARKS[Math.min(SPARKS.length - 1, Math.floor((value / top) * SPARKS.length))] : SPARKS[0],
    )
    .join('')
}

export class Board implements ProgressView {
  private readonly plan: Plan
  private readonly io: Io
  private readonly nowUs: () => number
  private readonly tally = new Tally()
  private readonly readers: number
  private readonly timer: NodeJS.Timeout
  private drawn = 0
  private step = ''
  private trial: Extract<Progress, { kind: 'trial' }> | undefined
  private phases: Phase[] = []
  private sample: Extract<Progress, { kind: 'sample' }> | undefined
  private readonly startedMs = performance.now()

  constructor(plan: Plan, io: Io, nowUs: () => number) {
    this.plan = plan
    this.io = io
    this.nowUs = nowUs
    this.readers = Math.max(
      1,
      plan.scenario.consumers.reduce((sum, group) => sum + group.groups, 0),
    )
    this.timer = setInterval(() => this.draw(), REDRAW_MS)
  }

  show(progress: Progress): void {
    switch (progress.kind) {
      case 'step':
        this.step = progress.text
        return
      case 'trial':
        this.trial = progress
        this.phases = []
        this.step = 'preparing topics and workers'
        return this.tally.reset()
      case 'phase':
        this.phases.push(progress)
        this.step = ''
        return
      case 'interval':
        return this.tally.add(progress)
      case 'sample':
        this.sample = progress
        return
      case 'trialDone':
        this.step = 'settling'
    }
  }

  close(): void {
    clearInterval(this.timer)
    this.erase()
  }

  private erase(): void {
    if (this.drawn > 0) this.io.write(`\u001b[${this.drawn}A\u001b[0J`)
    this.drawn = 0
  }

  private draw(): void {
    const lines = [this.headline(), ...this.numbers()].map(line => clip(line, this.io.width - 1))
    this.erase()
    this.io.write(`${lines.join('\n')}\n`)
    this.drawn = lines.length
  }

  private headline(): string {
    const { trial, plan } = this
    const elapsed = formatDurationMs(performance.now() - this.startedMs)
    if (!trial) return `${this.step || 'starting'}  ${elapsed}`
    const counter = trial.of > 1 ? `trial ${trial.trial.number}/${trial.of}  ` : ''
    const repetition = plan.scenario.repeat > 1 ? `  rep ${trial.trial.repetition + 1}/${plan.scenario.repeat}` : ''
    return `${this.io.style('bold', `${counter}${trial.label}`)}${repetition}  ${this.phaseText()}  ${this.eta()}`
  }

  private phaseText(): string {
    const nowUs = this.nowUs()
    const phase = this.phases.find(candidate => nowUs < candidate.t1Us)
    const last = this.phases.at(-1)
    if (!phase) return last && !this.step ? 'draining' : this.step
    const total = phase.t1Us - phase.t0Us
    const done = Math.max(0, nowUs - phase.t0Us)
    return `${phase.name} ${bar(done / total, BAR_CELLS)} ${formatDurationMs(done / 1000)}/${formatDurationMs(total / 1000)}`
  }

  private eta(): string {
    const { trial, plan } = this
    if (!trial) return ''
    const perTrial = plan.estimate.durationMs / Math.max(1, plan.trials.length)
    const last = this.phases.at(-1)
    const ofThis = last ? Math.max(0, (last.t1Us - this.nowUs()) / 1000) : perTrial
    return this.io.style('dim', `ETA ${formatDurationMs(ofThis + perTrial * (trial.of - trial.trial.number))}`)
  }

  private numbers(): string[] {
    const second = this.tally.last()
    if (!second) return []
    const { io, sample } = this
    const rate = (count: number): string => `${formatCount(count)}/s`
    const target = this.targetPerSecond()
    const ms = (us: number): string => formatUs(us)
    const lag = sample ? Object.entries(sample.lag).map(([group, value]) => `${group} ${formatCount(value)}`) : []
    const isr = sample ? `${sample.partitions - sample.underReplicated}/${sample.partitions}` : '–'
    const brokers = sample ? sample.brokerCpuCores.map(cores => `${Math.round(cores * 100)}%`).join(' ') : '–'
    const trouble = second.errors > 0 ? io.style('red', `errors ${second.errors}`) : 'errors 0'
    return [
      `rate    target ${target === undefined ? 'max' : rate(target)}   sent ${rate(second.sent)}   acked ${rate(second.acked)}   consumed ${rate(second.received / this.readers)}`,
      `ack     p50 ${ms(second.ack.quantileUs(0.5))}   p99 ${ms(second.ack.quantileUs(0.99))}   p99.9 ${ms(second.ack.quantileUs(0.999))}   ${sparkline(this.tally.recent(SPARK_SECONDS, one => (one.ack.count > 0 ? one.ack.quantileUs(0.99) : 0)))}`,
      `e2e     p50 ${ms(second.e2e.quantileUs(0.5))}   p99 ${ms(second.e2e.quantileUs(0.99))}`,
      `lag     ${lag.join('   ') || '–'}`,
      `health  ${trouble}   retries ${second.retries}   in-sync ${isr}   broker cpu ${brokers}`,
      io.style(
        'dim',
        `load    cpu ${Math.round(second.cpuCores * 100)}%   slip p99 ${ms(second.slip.quantileUs(0.99))}   loop late ${second.lateMs.toFixed(1)} ms`,
      ),
    ]
  }

  private targetPerSecond(): number | undefined {
    const { segments } = this.plan.setups[this.trial?.trial.cell.index ?? 0]?.scenario.load ?? this.plan.scenario.load
    const index = this.phases.findIndex(phase => this.nowUs() < phase.t1Us)
    const segment = segments[index === -1 ? segments.length - 1 : index]
    const phase = this.phases[index]
    if (!segment || segment.max) return undefined
    if (!phase) return segment.toPerSecond
    const share = Math.max(0, (this.nowUs() - phase.t0Us) / (phase.t1Us - phase.t0Us))
    return segment.fromPerSecond + (segment.toPerSecond - segment.fromPerSecond) * share
  }
}

/** Cuts a line to the terminal's width without counting colour codes. */
function clip(line: string, width: number): string {
  const visible = line.replace(/\u001b\[[0-9;]*m/g, '')
  if (visible.length <= width) return line
  return `${visible.slice(0, Math.max(0, width - 1))}…`
}
