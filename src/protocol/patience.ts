// How long an admin call goes on trying: never past its deadline, and never again what may have been done already.
import { setTimeout as sleep } from 'node:timers/promises'
import { HarnessError, messageOf } from '../core/errors.ts'
import { BrokerError, ConnectionClosed, ProtocolError, RequestTimeout } from './errors.ts'

export type Patience = {
  /** For messages: what is being asked. */
  what: string
  deadlineMs: number
  /** Further attempts after a connection failed; answers that pass by themselves are waited for until the deadline. */
  retries: number
  /** Asking twice does no harm. */
  isRead: boolean
}

const FIRST_PAUSE_MS = 50
const MAX_PAUSE_MS = 500

/** Asks until there is an answer; E307 where no broker can be reached or none answers in time. */
export async function patiently<T>(patience: Patience, ask: () => Promise<T>): Promise<T> {
  const untilMs = performance.now() + patience.deadlineMs
  let lost = 0
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(MAX_PAUSE_MS, pauseMs * 2)) {
    try {
      return await withDeadline(patience, untilMs, ask())
    } catch (error) {
      const isLost = isConnectionTrouble(error)
      const mayPass = isLost ? lost++ < patience.retries && mayRepeat(patience, error) : isRetriable(error)
      if (mayPass && performance.now() + pauseMs < untilMs) await sleep(pauseMs)
      else throw isLost ? unreachable(patience.what, error) : error
    }
  }
}

/** Connection trouble as a user meets it. */
export function unreachable(what: string, cause: unknown): HarnessError {
  const hint = 'check the address, and that the broker advertises one that this machine can reach'
  return new HarnessError({ code: 'E307', message: `${what}: ${messageOf(cause)}`, hint }, { cause })
}

type Trouble = ConnectionClosed | RequestTimeout | ProtocolError

function isConnectionTrouble(error: unknown): error is Trouble {
  return error instanceof ConnectionClosed || error instanceof RequestTimeout || error instanceof ProtocolError
}

function mayRepeat({ isRead }: Patience, error: Trouble): boolean {
  return !(error instanceof ProtocolError) && (isRead || !error.maybeWritten)
}

function isRetriable(error: unknown): boolean {
  return error instanceof BrokerError && error.retriable
}

function withDeadline<T>({ what, deadlineMs }: Patience, untilMs: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    const message = `${what} had no answer within ${deadlineMs / 1000} s`
    const fail = (): void => reject(new HarnessError({ code: 'E307', message, hint: 'look at the brokers’ logs' }))
    timer = setTimeout(fail, Math.max(0, untilMs - performance.now()))
  })
  return Promise.race([work, late]).finally(() => clearTimeout(timer))
}
