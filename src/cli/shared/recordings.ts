// Finds the recording a user means: a folder, a run id, or `last`, `last~1`, … in the output folder.
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { HarnessError } from '../../core/errors.ts'

async function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    found => found.isDirectory(),
    () => false,
  )
}

/** Folders of runs under the output folder, newest first; run ids begin with their time. */
async function listRuns(out: string): Promise<{ id: string; directory: string }[]> {
  const scenarios = await readdir(out).catch(() => [])
  const lists = await Promise.all(
    scenarios.map(async scenario =>
      (await readdir(join(out, scenario)).catch(() => [])).map(id => ({ id, directory: join(out, scenario, id) })),
    ),
  )
  return lists
    .flat()
    .filter(run => /^\d{8}-\d{6}-[0-9a-f]{4}$/.test(run.id))
    .sort((a, b) => (a.id < b.id ? 1 : -1))
}

/** The folder of a recording. */
export async function findRecording(name: string, out: string): Promise<string> {
  const back = /^last(?:~(\d+))?$/.exec(name)
  if (!back && (await isDirectory(name))) return name
  const runs = await listRuns(out)
  const found = back ? runs[Number(back[1] ?? 0)] : runs.find(run => run.id === name)
  if (found) return found.directory
  throw new HarnessError({
    code: 'E603',
    message: back ? `${out} holds ${runs.length} recordings; ${name} is not among them` : `${name} is not a recording`,
    hint: 'name a folder such as reports/quickstart/20260101-120000-ab12, a run id, last or last~1',
  })
}
