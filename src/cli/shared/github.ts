// What a CI runner gets: annotations as workflow commands on stdout, and a summary appended to the file it names.
import { appendFile } from 'node:fs/promises'
import { type Annotation, workflowCommands } from '../../report/annotations.ts'
import type { Io } from '../io.ts'

/** Publishes a Markdown summary and annotations; without GITHUB_STEP_SUMMARY only the annotations. */
export async function publish(io: Io, markdown: string, annotations: readonly Annotation[]): Promise<void> {
  for (const line of workflowCommands(annotations)) io.line(line)
  const summary = process.env['GITHUB_STEP_SUMMARY']
  if (summary) await appendFile(summary, `${markdown}\n`)
}
