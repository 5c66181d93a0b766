// An archive of Kafka's loaded classes: it halves the CPU time that a broker needs to start, so it is made once and kept.
import { createHash, randomBytes } from 'node:crypto'
import { mkdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { messageOf } from '../core/errors.ts'
import type { KafkaJars } from './jars.ts'
import type { Java } from './java.ts'
import { cacheDirectory } from './places.ts'

type ArchiveRequest = {
  java: Java
  kafka: KafkaJars
  env?: NodeJS.ProcessEnv
  onProgress?: (text: string) => void
  signal?: AbortSignal
  /** Runs a broker with these JVM options and ends it in order, which writes the archive. */
  train(jvmOptions: string[]): Promise<void>
}

/** Path of the archive for this Java and these jars, made where it is missing; undefined where it cannot be made. */
export async function ensureClassArchive(request: ArchiveRequest): Promise<string | undefined> {
  const directory = join(cacheDirectory(request.env), 'class-archives')
  const path = join(directory, `${await identify(request.java, request.kafka)}.jsa`)
  if (await isFile(path)) return path
  request.onProgress?.('making a class archive, which shortens every later start (once)')
  const own = `${path}.${randomBytes(6).toString('hex')}`
  try {
    await mkdir(directory, { recursive: true })
    await request.train([`-XX:ArchiveClassesAtExit=${own}`])
    await rename(own, path)
    return path
  } catch (error) {
    request.signal?.throwIfAborted()
    // A start without the archive is only slower.
    request.onProgress?.(`starting without a class archive: ${messageOf(error).split('\n')[0]}`)
    return undefined
  } finally {
    await rm(own, { force: true })
  }
}

/** JVM options that use an archive; a JVM that cannot use it starts without, and says nothing. */
export function archiveOptions(path: string | undefined): string[] {
  if (path === undefined) return []
  return [`-XX:SharedArchiveFile=${path}`, '-Xshare:auto', '-Xlog:cds=off', '-Xlog:cds+dynamic=off']
}

/** The JVM refuses an archive whose jars have another path, size or time, so these make its name. */
async function identify(java: Java, kafka: KafkaJars): Promise<string> {
  const hash = createHash('sha256').update(`${java.path}\0${java.version}\0`)
  for (const jar of kafka.jars) {
    const { size, mtimeMs } = await stat(jar)
    hash.update(`${jar}\0${size}\0${mtimeMs}\0`)
  }
  return hash.digest('hex').slice(0, 32)
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    found => found.isFile(),
    () => false,
  )
}
