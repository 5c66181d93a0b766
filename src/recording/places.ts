// Where the files of a trial stand in a run's directory.
import { join } from 'node:path'

export const trialDirectory = (runDirectory: string, trial: number): string =>
  join(runDirectory, 'trials', String(trial).padStart(3, '0'))

export const ledgerDirectory = (runDirectory: string, trial: number): string =>
  join(trialDirectory(runDirectory, trial), 'ledger')

export const ledgerPath = (runDirectory: string, trial: number, worker: string): string =>
  join(ledgerDirectory(runDirectory, trial), `${worker}.bin`)

export const truthDirectory = (runDirectory: string, trial: number): string =>
  join(trialDirectory(runDirectory, trial), 'truth')

/** One file per partition; the topic's number is the one in envelopes. */
export const truthPath = (runDirectory: string, trial: number, topic: number, partition: number): string =>
  join(truthDirectory(runDirectory, trial), `${topic}-${partition}.bin`)

/** One file per group member. */
export const groupDirectory = (runDirectory: string, trial: number): string =>
  join(trialDirectory(runDirectory, trial), 'group')

export const groupPath = (runDirectory: string, trial: number, worker: string): string =>
  join(groupDirectory(runDirectory, trial), `${worker}.bin`)

/** What a member that was killed and started anew writes; its earlier lives keep their own files. */
export const pathOfLife = (firstPath: string, life: number): string => firstPath.replace(/\.bin$/, `.life-${life}.bin`)

/** Whose such a file is, by its name; the first life is 1. */
export function lifeOf(fileName: string): { worker: string; life: number } {
  const [, worker = fileName, life = '1'] = /^(.*?)(?:\.life-(\d+))?\.bin$/.exec(fileName) ?? []
  return { worker, life: Number(life) }
}
