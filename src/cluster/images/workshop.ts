// The tools of an image build: a scratch directory, outside programs with their last words, and the hash of what goes in.
import { createHash } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { HarnessError } from '../../core/errors.ts'
import { lastLines, runProgram } from '../outside-program.ts'
import { TOXIPROXY_VERSION } from './names.ts'

export const IMAGES_DIR = fileURLToPath(new URL('../../../images/', import.meta.url))
const LAST_LINES = 30
const TOXIPROXY_MODULE = 'github.com/Shopify/toxiproxy/v2'
const INSTALL_DEADLINE_MS = 10 * 60_000

/** A program to run, and the Debian package that brings it. */
export type Command = {
  program: string
  args: string[]
  env?: Record<string, string>
  debianPackage: string
  deadlineMs: number
}

/** Runs a program to its end; E309 with its last lines where it fails. */
export async function runCommand(command: Command): Promise<void> {
  const { program, args, env, debianPackage, deadlineMs } = command
  const result = await runProgram({ path: program, args, deadlineMs, env: { ...process.env, ...env } })
  if (!result)
    throw new HarnessError({
      code: 'E309',
      message: `${program} is not installed`,
      hint: `apt-get install ${debianPackage}`,
    })
  if (result.exitCode === 0) return
  const why = result.timedOut
    ? `took longer than ${deadlineMs / 60_000} minutes`
    : `failed with exit code ${result.exitCode}`
  throw buildFailed(`${program} ${why}`, `${result.stdout}\n${result.stderr}`)
}

/** Compiles Toxiproxy's server as one static program into a directory. */
export function installToxiproxy(directory: string): Promise<void> {
  return runCommand({
    program: 'go',
    args: [
      'install',
      '-trimpath',
      '-ldflags',
      `-s -w -X ${TOXIPROXY_MODULE}.Version=${TOXIPROXY_VERSION}`,
      `${TOXIPROXY_MODULE}/cmd/server@v${TOXIPROXY_VERSION}`,
    ],
    env: { CGO_ENABLED: '0', GOBIN: directory },
    debianPackage: 'golang-go',
    deadlineMs: INSTALL_DEADLINE_MS,
  })
}

/** The error of a failed build step, with the last lines of what it said. */
export function buildFailed(what: string, output: string, cause?: unknown): HarnessError {
  return new HarnessError(
    {
      code: 'E309',
      message: `${what}; its last lines:\n${lastLines(output, LAST_LINES)}`,
      hint: 'repair the cause and run again: gauntlet images build',
    },
    { cause },
  )
}

/** Runs `work` with a directory of its own, which is gone afterwards. */
export async function inScratchDirectory<T>(work: (directory: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'gauntlet-image-'))
  try {
    return await work(directory)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

/** Hash of texts and of all files of a folder, names included. */
export async function contentHash(texts: readonly string[], folder?: string): Promise<string> {
  const hash = createHash('sha256')
  for (const text of texts) hash.update(`${text}\0`)
  for (const name of folder === undefined ? [] : (await readdir(folder)).sort()) {
    hash.update(`${name}\0`).update(await readFile(join(folder ?? '', name)))
  }
  return hash.digest('hex')
}
