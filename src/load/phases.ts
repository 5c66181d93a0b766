// Which phase a time belongs to, for readers that ask once per record: the answer is kept until a time lies outside of its span.
import type { Segment } from '../scenario/schema/load.ts'

type PhaseName = Segment['phase']
type Span = { fromUs: number; toUs: number; phase: PhaseName }

/** Times are µs since the start of load; what lies before belongs to the first phase, what lies behind to the last. */
export class PhaseFinder {
  private readonly spans: readonly Span[]
  private span: Span

  constructor(segments: readonly Segment[]) {
    this.spans = spansOf(segments)
    this.span = this.spans[0] as Span
  }

  at(us: number): PhaseName {
    if (us < this.span.fromUs || us >= this.span.toUs)
      this.span = this.spans.find(span => us < span.toUs) ?? (this.spans.at(-1) as Span)
    return this.span.phase
  }
}

function spansOf(segments: readonly Segment[]): Span[] {
  const spans: Span[] = []
  let endUs = 0
  for (const { phase, durationMs } of segments) {
    const last = spans.at(-1)
    const fromUs = last ? endUs : Number.NEGATIVE_INFINITY
    endUs += durationMs * 1000
    if (last?.phase === phase) last.toUs = endUs
    else spans.push({ fromUs, toUs: endUs, phase })
  }
  const last = spans.at(-1)
  if (!last) throw new RangeError('a schedule needs at least one segment')
  last.toUs = Number.POSITIVE_INFINITY
  return spans
}
