// The entry of the reaper: a process of its own that waits on a pipe; when its owner dies without a word, it removes what that run started.
import { listJournals } from './journal-file.ts'
import { findLeftovers } from './reap.ts'
import { removeLeftovers } from './reap-remove.ts'

const TRIES = 5
const PAUSE_MS = 1000

/** Removes what this run left; a live owner, and a cluster that was meant to stay, are left alone. */
async function reap(runId: string): Promise<void> {
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    const journal = (await listJournals()).find(found => found.runId === runId)
    if (!journal || journal.owner === 'detached') return
    const own = (await findLeftovers()).filter(run => run.journal.runId === runId)
    try {
      await removeLeftovers(own, { leaveTopics: true })
      if (own.length > 0) return
    } catch (error) {
      // Tried again; what remains then stays in the journal, and `clean` names it.
      if (attempt === TRIES) throw error
    }
    await new Promise(resolve => setTimeout(resolve, PAUSE_MS))
  }
}

const [runId = ''] = process.argv.slice(2)
let isReleased = false
process.stdin.on('data', () => {
  isReleased = true
})
process.stdin.on('end', () => {
  if (isReleased) process.exit(0)
  reap(runId).then(
    () => process.exit(0),
    () => process.exit(1),
  )
})
// A terminal's Ctrl-C is for the run; it tears down by itself.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined)
process.stdin.resume()
