// Where the files of a trial stand in a run's directory.
import { join } from 'node:path'

export const trialDirectory = (runDirectory: string, trial: number): string =>
  join(runDirectory, 'trials', String(trial).padStart(3, '0'))

export const ledgerDirectory = (runDirectory: string, trial: number): string =>
  join(trialDirectory(runDirectory, trial), 'ledger')

export const ledgerPath = (runDirectory: string, trial: number, worker: string): string =>
  join(ledgerDirectory(runDirectory, trial), `${worker}.bin`)
