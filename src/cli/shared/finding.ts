// One finding of the doctor: what was looked at, how it stands, and what to do about it.

export type Finding = {
  check: string
  state: 'ok' | 'warn' | 'fail'
  detail: string
  /** What to do; every finding that is not ok has one. */
  fix?: string
}

/** Everything in order. */
export function fine(check: string, detail: string): Finding {
  return { check, state: 'ok', detail }
}

/** A run is possible, but not as good, or not in every way. */
export function doubt(check: string, detail: string, fix: string): Finding {
  return { check, state: 'warn', detail, fix }
}

/** What stands in the way of some or all runs. */
export function lack(check: string, detail: string, fix: string): Finding {
  return { check, state: 'fail', detail, fix }
}
