// Makes the base image from Debian packages, for machines that reach a Debian mirror but no image registry.
import { spawn } from 'node:child_process'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { HarnessError } from '../../core/errors.ts'
import type { DockerClient } from '../providers/docker/client.ts'
import { BASE_IMAGE, CONTENT_LABEL } from './names.ts'
import { buildFailed, contentHash, inScratchDirectory, runCommand } from './workshop.ts'

const SUITE = 'bookworm'
const PACKAGES = 'openjdk-17-jre-headless'
/** What a broker never reads; half of the root's size. */
const TRIMMED = ['var/cache/apt', 'var/lib/apt/lists', 'usr/share/doc', 'usr/share/man', 'usr/share/locale', 'var/log']
const BOOTSTRAP_DEADLINE_MS = 15 * 60_000
const IMPORT_LIMITS = { firstAnswerMs: 5 * 60_000, stallMs: 60_000 }

/** The hash of everything that decides what the base holds. */
export function baseContent(): Promise<string> {
  return contentHash([SUITE, PACKAGES, process.arch, ...TRIMMED])
}

/** Bootstraps a Debian root with a Java runtime and imports it. */
export async function buildBase(client: DockerClient, content: string): Promise<void> {
  if (process.getuid?.() !== 0) {
    throw new HarnessError({
      code: 'E309',
      message: 'the base image is bootstrapped as root',
      hint: 'run the build with sudo once, or pull apache/kafka on a machine that can',
    })
  }
  await inScratchDirectory(async directory => {
    const root = join(directory, 'root')
    try {
      await runCommand({
        program: 'debootstrap',
        args: ['--variant=minbase', `--include=${PACKAGES}`, SUITE, root],
        debianPackage: 'debootstrap',
        deadlineMs: BOOTSTRAP_DEADLINE_MS,
      })
    } finally {
      await unmountBelow(root)
    }
    for (const path of TRIMMED) await rm(join(root, path), { recursive: true, force: true })
    await importRoot(client, root, content)
  })
}

/** A bootstrap that was interrupted leaves /proc mounted, and removing the directory must not reach into it. */
async function unmountBelow(root: string): Promise<void> {
  const mounts = (await readFile('/proc/self/mounts', 'utf8')).split('\n').map(line => line.split(' ')[1] ?? '')
  for (const mount of mounts.filter(path => path.startsWith(`${root}/`)).reverse()) {
    await runCommand({ program: 'umount', args: [mount], debianPackage: 'mount', deadlineMs: 30_000 })
  }
}

async function importRoot(client: DockerClient, root: string, content: string): Promise<void> {
  let said = ''
  const tar = spawn('tar', ['--directory', root, '--numeric-owner', '--create', '.'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  tar.stderr.on('data', chunk => {
    said += String(chunk)
  })
  const ended = new Promise<number | null>(resolve => tar.once('close', resolve))
  const [repo, tag] = BASE_IMAGE.split(':')
  try {
    await client.follow(
      'import the base image',
      docker => docker.importImage(tar.stdout, { repo, tag, changes: [`LABEL ${CONTENT_LABEL}=${content}`] }),
      IMPORT_LIMITS,
      message => {
        said += `${message.error ?? message.status ?? ''}\n`
      },
    )
  } catch (error) {
    tar.kill()
    throw error instanceof HarnessError ? error : buildFailed('the import of the base image failed', said, error)
  }
  if ((await ended) !== 0) throw buildFailed('tar failed', said)
}
