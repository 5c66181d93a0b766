// Fetches what goes into an image with Maven or Go, and lets the engine build it from the committed Dockerfile.
import { cp, mkdir, readdir, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { HarnessError } from '../../core/errors.ts'
import type { DockerClient } from '../providers/docker/client.ts'
import { BASE_IMAGE, CONTENT_LABEL, kafkaImageName, TOXIPROXY_IMAGE, TOXIPROXY_VERSION } from './names.ts'
import { buildFailed, contentHash, IMAGES_DIR, inScratchDirectory, installToxiproxy, runCommand } from './workshop.ts'

const KAFKA_DIR = join(IMAGES_DIR, 'kafka')
const TOXIPROXY_DIR = join(IMAGES_DIR, 'toxiproxy')
const FETCH_DEADLINE_MS = 10 * 60_000
/** The class data archive is made within one silent step, so a pause is no sign of trouble. */
const BUILD_LIMITS = { firstAnswerMs: 5 * 60_000, stallMs: 5 * 60_000 }

/** The hash of everything that decides what the Kafka image holds. */
export function kafkaContent(version: string, base: string): Promise<string> {
  return contentHash([version, base], KAFKA_DIR)
}

/** The hash of everything that decides what the Toxiproxy image holds. */
export function toxiproxyContent(): Promise<string> {
  return contentHash([TOXIPROXY_VERSION], TOXIPROXY_DIR)
}

/** Fetches Kafka's jars and builds the image of a node. */
export async function buildKafka(client: DockerClient, version: string, content: string): Promise<void> {
  await inScratchDirectory(async context => {
    await cp(KAFKA_DIR, context, { recursive: true, preserveTimestamps: true })
    await fetchKafkaJars(version, join(context, 'libs'))
    await buildImage(client, { context, name: kafkaImageName(version), content, buildArgs: { BASE: BASE_IMAGE } })
  })
}

/** Copies the jars of a broker and of Kafka's tools into a directory. */
export async function fetchKafkaJars(version: string, libsDir: string): Promise<void> {
  await runCommand({
    program: 'mvn',
    args: [
      '--batch-mode',
      '--quiet',
      '-Dstyle.color=never',
      `--file=${join(KAFKA_DIR, 'pom.xml')}`,
      `-Dkafka.version=${version}`,
      'dependency:copy-dependencies',
      '-DincludeScope=runtime',
      `-DoutputDirectory=${libsDir}`,
    ],
    debianPackage: 'maven',
    deadlineMs: FETCH_DEADLINE_MS,
  })
}

/** Compiles Toxiproxy's server as one static program and builds its image. */
export async function buildToxiproxy(client: DockerClient, content: string): Promise<void> {
  await inScratchDirectory(async context => {
    await cp(TOXIPROXY_DIR, context, { recursive: true })
    const bin = join(context, 'bin')
    await mkdir(bin)
    await installToxiproxy(bin)
    await rename(join(bin, 'server'), join(context, 'toxiproxy-server'))
    await buildImage(client, { context, name: TOXIPROXY_IMAGE, content })
  })
}

type BuildRequest = { context: string; name: string; content: string; buildArgs?: Record<string, string> }

async function buildImage(client: DockerClient, { context, name, content, buildArgs }: BuildRequest): Promise<void> {
  let said = ''
  const src = await readdir(context)
  try {
    await client.follow(
      `build ${name}`,
      docker =>
        docker.buildImage(
          { context, src },
          { t: name, labels: { [CONTENT_LABEL]: content }, buildargs: buildArgs ?? {}, rm: true, forcerm: true },
        ),
      BUILD_LIMITS,
      message => {
        said += message.stream ?? message.error ?? ''
      },
    )
  } catch (error) {
    throw error instanceof HarnessError ? error : buildFailed(`the build of ${name} failed`, said, error)
  }
}
