// What a look at one fault of a journal tells.

/** over: nothing of it is left; acting: it can be ended from here; stuck: it cannot be, or nobody could look. */
export type Finding =
  | { is: 'over'; text: string }
  | { is: 'acting'; text: string; end(): Promise<void> }
  | { is: 'stuck'; text: string; command?: string }
