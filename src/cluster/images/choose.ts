// Chooses the image of a node: the one asked for, else the official one, else our own build, else a pull.
import { HarnessError, messageOf } from '../../core/errors.ts'
import { type DockerClient, statusOf } from '../providers/docker/client.ts'
import { kafkaImageName, TOXIPROXY_IMAGE, TOXIPROXY_VERSION } from './names.ts'

export type ChosenImage = { name: string; id: string; source: 'asked' | 'official' | 'built' | 'pulled' }
export type ImageRequest = { version: string; image?: string }

const OFFICIAL_TOXIPROXY = `ghcr.io/shopify/toxiproxy:${TOXIPROXY_VERSION}`
const PULL_LIMITS = { firstAnswerMs: 8_000, stallMs: 60_000 }

/** The image that a node of this version will run; E302 where none is here and none can be pulled. */
export async function chooseImage(
  client: DockerClient,
  request: ImageRequest,
  onProgress?: (text: string) => void,
): Promise<ChosenImage> {
  const present = await findLocalImage(client, request)
  if (present) return present
  const wanted = request.image ?? officialImage(request.version)
  try {
    onProgress?.(`pulling ${wanted}`)
    await client.follow(
      `pull ${wanted}`,
      docker => docker.pull(wanted) as Promise<NodeJS.ReadableStream>,
      PULL_LIMITS,
      () => undefined,
    )
  } catch (error) {
    throw missing(request, wanted, messageOf(error), error)
  }
  const id = await imageId(client, wanted)
  if (id === undefined) throw missing(request, wanted, 'the engine does not have it after the pull')
  return { name: wanted, id, source: 'pulled' }
}

/** The image that a node would run without any pull; undefined where there is none. */
export async function findLocalImage(client: DockerClient, request: ImageRequest): Promise<ChosenImage | undefined> {
  const candidates: [string, ChosenImage['source']][] =
    request.image === undefined
      ? [
          [officialImage(request.version), 'official'],
          [kafkaImageName(request.version), 'built'],
        ]
      : [[request.image, 'asked']]
  for (const [name, source] of candidates) {
    const id = await imageId(client, name)
    if (id !== undefined) return { name, id, source }
  }
  return undefined
}

/** The image of a proxy: our own build, else Shopify's; E302 where neither is here and none can be pulled. */
export async function chooseProxyImage(client: DockerClient, onProgress?: (text: string) => void): Promise<string> {
  const names = [TOXIPROXY_IMAGE, OFFICIAL_TOXIPROXY]
  for (const name of names) {
    const id = await imageId(client, name)
    if (id !== undefined) return id
  }
  return (await chooseImage(client, { version: TOXIPROXY_VERSION, image: OFFICIAL_TOXIPROXY }, onProgress)).id
}

/** The identity of an image on the engine; undefined where it has none of that name. */
export async function imageId(client: DockerClient, name: string): Promise<string | undefined> {
  try {
    return (await client.call(`inspect image ${name}`, docker => docker.getImage(name).inspect())).Id
  } catch (error) {
    if (statusOf(error) === 404) return undefined
    throw error
  }
}

function officialImage(version: string): string {
  return `apache/kafka:${version}`
}

function missing(request: ImageRequest, wanted: string, reason: string, cause?: unknown): HarnessError {
  const hint =
    request.image === undefined
      ? 'build one here: gauntlet images build'
      : `docker pull ${wanted}, or leave the image out and run: gauntlet images build`
  return new HarnessError(
    { code: 'E302', message: `no image ${wanted} on this engine, and it cannot be pulled (${reason})`, hint },
    { cause },
  )
}
