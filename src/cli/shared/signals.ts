// Ctrl-C in stages: the first drains, persists and tears down; the second says so again; the third ends at once and leaves the rest to clean.
import { EXIT } from '../../core/errors.ts'

export type Signals = {
  signal: AbortSignal
  /** Exit code of the signal received, if one was. */
  readonly received: number | undefined
  release(): void
}

/** Listens for SIGINT, SIGTERM and SIGHUP (taken as SIGTERM). */
export function onSignals(say: (text: string) => void): Signals {
  const controller = new AbortController()
  let received: number | undefined
  let count = 0
  const handle = (code: number) => () => {
    count++
    received ??= code
    if (count === 1)
      say(
        '\nStopping: draining, keeping what was measured, removing what was started. Again to hurry, a third time to leave at once.',
      )
    else if (count === 2) say('Still tearing down; a third signal leaves at once.')
    else {
      say('Left at once; `gauntlet clean` removes what remains.')
      process.exit(EXIT.cleanup)
    }
    controller.abort()
  }
  const handlers = { SIGINT: handle(EXIT.sigint), SIGTERM: handle(EXIT.sigterm), SIGHUP: handle(EXIT.sigterm) }
  for (const [name, handler] of Object.entries(handlers)) process.on(name, handler)
  return {
    signal: controller.signal,
    get received() {
      return received
    },
    release: () => {
      for (const [name, handler] of Object.entries(handlers)) process.off(name, handler)
    },
  }
}
