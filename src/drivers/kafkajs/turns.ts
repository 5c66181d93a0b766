// Keeps calls to one broker in their order, which kafkajs does not: each waits until the one before it is on its way to the socket.

/** Starts a call; `pass` is called once it cannot be overtaken by calls of the next turn of the event loop. */
type Turn = (pass: () => void) => void
type Lane = { waiting: Turn[]; isBusy: boolean }

/**
 * kafkajs encodes in as many turns of the microtask queue as a request has partitions, so of two calls made together,
 * or waiting for one connection together, the smaller is written first.
 */
export class Turns {
  private readonly lanes = new Map<number, Lane>()

  take(laneId: number, turn: Turn): void {
    const lane = this.lanes.get(laneId) ?? { waiting: [], isBusy: false }
    this.lanes.set(laneId, lane)
    lane.waiting.push(turn)
    if (!lane.isBusy) next(lane)
  }
}

function next(lane: Lane): void {
  const turn = lane.waiting.shift()
  lane.isBusy = turn !== undefined
  if (!turn) return
  let isPassed = false
  turn(() => {
    if (isPassed) return
    isPassed = true
    setImmediate(() => next(lane))
  })
}
