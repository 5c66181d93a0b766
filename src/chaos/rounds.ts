// Something that is done again and again while a fault lasts; the first failure ends it, and is told when it is stopped.
import { setTimeout as sleep } from 'node:timers/promises'

export class Rounds {
  /** Rounds that were done. */
  done = 0
  private readonly act: (round: number) => Promise<void>
  private readonly everyMs: number
  private readonly stopping = new AbortController()
  private loop: Promise<void> = Promise.resolve()

  constructor(act: (round: number) => Promise<void>, everyMs: number) {
    this.act = act
    this.everyMs = everyMs
  }

  /** Does the first round, and then goes on by itself. */
  async start(): Promise<void> {
    await this.once()
    this.loop = this.goOn()
    this.loop.catch(() => undefined)
  }

  /** Resolves once no round is under way; rejects with what ended them early. */
  async stop(): Promise<void> {
    this.stopping.abort()
    await this.loop
  }

  private async goOn(): Promise<void> {
    const { signal } = this.stopping
    while (!signal.aborted) {
      await sleep(this.everyMs, undefined, { signal }).catch(() => undefined)
      if (!signal.aborted) await this.once()
    }
  }

  private async once(): Promise<void> {
    await this.act(this.done)
    this.done++
  }
}
