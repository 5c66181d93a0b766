// What goes wrong between us and a proxy: an answer with an error status, no answer in time, or a state that reads back otherwise.

export class LinkFailure extends Error {
  /** HTTP status; undefined where no answer came. */
  readonly status: number | undefined

  constructor(message: string, status?: number, options?: { cause?: unknown }) {
    super(message, options)
    this.name = 'LinkFailure'
    this.status = status
  }
}
