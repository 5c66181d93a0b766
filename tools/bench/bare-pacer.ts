// A bare loop that wakes as our pacer does and does nothing with what is due: the best lateness such a pacer can have on this machine.
import { LatencyHistogram } from '../../src/stats/histogram.ts'

const [kind = 'tick', ...numbers] = process.argv.slice(2)
const [perSecond = 20_000, seconds = 8] = numbers.map(Number)
const histogram = new LatencyHistogram()
const startMs = performance.now() + 100
const total = perSecond * seconds
let next = 0

function wake(): void {
  const nowMs = performance.now()
  for (; next < total && startMs + (next * 1000) / perSecond <= nowMs; next++) {
    histogram.record((nowMs - startMs - (next * 1000) / perSecond) * 1000)
  }
  if (next >= total)
    console.log(JSON.stringify({ p50Us: histogram.quantileUs(0.5), p99Us: histogram.quantileUs(0.99) }))
  else if (kind === 'spin') setImmediate(wake)
  else setTimeout(wake, 1)
}

wake()
