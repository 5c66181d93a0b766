// A baseline on disk: what a gate compares with, as one sealed file that can stand beside the scenario in a repository.
import { readFile } from 'node:fs/promises'
import type { GateSide } from '../analysis/gate.ts'
import { HarnessError, messageOf } from '../core/errors.ts'
import { openSealed, parseJson, sealJson } from './sealed.ts'
import { writeSealed } from './write.ts'

const BASELINE = { name: 'kafka-gauntlet-baseline', version: 1 } as const

type BaselineFile = { format: typeof BASELINE; side: GateSide }

/** Writes a baseline. */
export async function writeBaseline(path: string, side: GateSide): Promise<void> {
  await writeSealed(path, sealJson({ format: BASELINE, side })).catch((error: unknown) => {
    throw new HarnessError({
      code: 'E310',
      message: `cannot write ${path}: ${messageOf(error)}`,
      hint: 'name a file in a folder that exists',
    })
  })
}

/** Reads a baseline back; E604 where the file is none, E601 where it was changed. */
export async function readBaseline(path: string): Promise<GateSide> {
  const bytes = await readFile(path)
  const { format } = parseJson<Partial<BaselineFile> | null>(bytes, path) ?? {}
  if (format?.name !== BASELINE.name || format.version !== BASELINE.version)
    throw new HarnessError({
      code: 'E604',
      message: `not a baseline of version ${BASELINE.version}`,
      place: { file: path },
      hint: `write one with gauntlet gate RUN --save FILE`,
    })
  return openSealed<BaselineFile>(bytes, path).side
}
