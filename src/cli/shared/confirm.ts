// Asks before something is undone; where nobody can be asked the answer is no.
import { createInterface } from 'node:readline/promises'

/** True only for a yes that somebody typed. */
export async function isConfirmed(question: string, isTerminal: boolean): Promise<boolean> {
  if (!isTerminal || !process.stdin.isTTY) return false
  const asking = createInterface({ input: process.stdin, output: process.stdout })
  try {
    return /^y(es)?$/i.test((await asking.question(`${question} [y/N] `)).trim())
  } finally {
    asking.close()
  }
}
