// Builds the images of nodes and proxies on this machine, for where none can be pulled; what exists already is kept.
import { buildKafka, buildToxiproxy, kafkaContent, toxiproxyContent } from './images/assemble.ts'
import { baseContent, buildBase } from './images/base.ts'
import { imageId } from './images/choose.ts'
import { BASE_IMAGE, CONTENT_LABEL, kafkaImageName, TOXIPROXY_IMAGE } from './images/names.ts'
import { askEngine, type DockerClient, openDocker, statusOf } from './providers/docker/client.ts'

export type BuildableImage = 'kafka' | 'toxiproxy'
export type BuildRequest = { version: string; which?: readonly BuildableImage[]; onProgress?: (text: string) => void }
export type BuiltImage = { name: string; reused: boolean; tookMs: number }

/** Builds what is missing or made from other inputs; quick where nothing changed. */
export async function buildImages(request: BuildRequest): Promise<BuiltImage[]> {
  const client = openDocker()
  await askEngine(client)
  const which = request.which ?? ['kafka', 'toxiproxy']
  const built: BuiltImage[] = []
  const ensure = async (name: string, content: string, build: () => Promise<void>) => {
    built.push(await ensureImage(client, name, content, build, request.onProgress))
  }
  if (which.includes('kafka')) {
    const base = await baseContent()
    const content = await kafkaContent(request.version, base)
    if ((await contentOf(client, kafkaImageName(request.version))) !== content)
      await ensure(BASE_IMAGE, base, () => buildBase(client, base))
    await ensure(kafkaImageName(request.version), content, () => buildKafka(client, request.version, content))
  }
  if (which.includes('toxiproxy')) {
    const content = await toxiproxyContent()
    await ensure(TOXIPROXY_IMAGE, content, () => buildToxiproxy(client, content))
  }
  return built
}

async function ensureImage(
  client: DockerClient,
  name: string,
  content: string,
  build: () => Promise<void>,
  onProgress?: (text: string) => void,
): Promise<BuiltImage> {
  const startedAtMs = performance.now()
  const reused = (await contentOf(client, name)) === content
  if (!reused) {
    onProgress?.(`building ${name}`)
    const replaced = await imageId(client, name)
    await build()
    if (replaced !== undefined) await removeReplaced(client, name, replaced)
  }
  const tookMs = Math.round(performance.now() - startedAtMs)
  onProgress?.(reused ? `${name} is up to date` : `built ${name} in ${(tookMs / 1000).toFixed(1)} s`)
  return { name, reused, tookMs }
}

/** An image that lost its name to a newer build would stay as an unnamed half gigabyte; one that still runs is kept. */
async function removeReplaced(client: DockerClient, name: string, id: string): Promise<void> {
  if ((await imageId(client, name)) === id) return
  try {
    await client.call(`remove the replaced ${name}`, docker => docker.getImage(id).remove())
  } catch (error) {
    if (![404, 409].includes(statusOf(error) ?? 0)) throw error
  }
}

/** The content label of an image; undefined where the engine has no such image or it carries none. */
async function contentOf(client: DockerClient, name: string): Promise<string | undefined> {
  try {
    const image = await client.call(`inspect image ${name}`, docker => docker.getImage(name).inspect())
    return image.Config.Labels?.[CONTENT_LABEL]
  } catch (error) {
    if (statusOf(error) === 404) return undefined
    throw error
  }
}
