// A bare loop that wakes by a 1 ms timer and does nothing with what is due: the best lateness a tick pacer can have on this machine.
import { LatencyHistogram } from '../../src/stats/histogram.ts'

const [perSecond = 5000, seconds = 8] = process.argv.slice(2).map(Number)
const histogram = new LatencyHistogram()
const startMs = performance.now() + 100
const total = perSecond * seconds
let next = 0

function wake(): void {
  const nowMs = performance.now()
  for (; next < total && startMs + (next * 1000) / perSecond <= nowMs; next++) {
    histogram.record((nowMs - startMs - (next * 1000) / perSecond) * 1000)
  }
  if (next < total) setTimeout(wake, 1)
  else console.log(JSON.stringify({ p50Us: histogram.quantileUs(0.5), p99Us: histogram.quantileUs(0.99) }))
}

wake()
