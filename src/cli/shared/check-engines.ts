// What the doctor finds about what can run brokers: Java and jars, Docker and images, and what dead runs left.

import { listStanding } from '../../cluster/detached.ts'
import { tryHop } from '../../cluster/hop.ts'
import { findLocalImage, imageId } from '../../cluster/images/choose.ts'
import { TOXIPROXY_IMAGE } from '../../cluster/images/names.ts'
import { hasKafkaJars, lackOfMaven } from '../../cluster/jars.ts'
import { findJava } from '../../cluster/java.ts'
import { openJournal } from '../../cluster/journal-file.ts'
import { askEngine, type DockerClient, openDocker } from '../../cluster/providers/docker/client.ts'
import { findLeftovers } from '../../cluster/reap.ts'
import { HarnessError, messageOf } from '../../core/errors.ts'
import { doubt, type Finding, fine, lack } from './finding.ts'
import { newRunId } from './manifest.ts'
import { countThings } from './sweep.ts'

export type Engine = { findings: Finding[]; isUsable: boolean }

function hintOf(error: unknown, otherwise: string): string {
  return (error instanceof HarnessError ? error.problems[0]?.hint : undefined) ?? otherwise
}

/** Java and jars, for nodes as processes. */
export async function checkProcess(kafkaVersion: string): Promise<Engine> {
  const findings: Finding[] = []
  let hasJava = false
  try {
    const java = await findJava()
    hasJava = true
    findings.push(fine('Java', `${java.version} (${java.path})`))
  } catch (error) {
    findings.push(lack('Java', messageOf(error), hintOf(error, 'install a JDK or JRE')))
  }
  const hasJars = await hasKafkaJars(kafkaVersion)
  const mavenHint = hasJars ? undefined : await lackOfMaven()
  if (hasJars) findings.push(fine('Kafka jars', `${kafkaVersion} is here`))
  else if (mavenHint === undefined)
    findings.push(fine('Kafka jars', `${kafkaVersion} will be fetched by Maven at the first run`))
  else findings.push(lack('Kafka jars', `${kafkaVersion} is not here, and there is no Maven to fetch it`, mavenHint))
  const isLinux = process.platform === 'linux'
  if (!isLinux)
    findings.push(lack('processes', `nodes as processes need Linux, this is ${process.platform}`, 'use Docker'))
  return { findings, isUsable: hasJava && isLinux && (hasJars || mavenHint === undefined) }
}

/** The engine, its images, and the way to its containers. */
export async function checkDocker(kafkaVersion: string): Promise<Engine> {
  let client: DockerClient
  let findings: Finding[]
  try {
    client = openDocker()
    const engine = await askEngine(client)
    findings = [fine('Docker', `${engine.version} at ${client.address}, API ${engine.apiVersion}`)]
  } catch (error) {
    const missing = lack('Docker', messageOf(error), hintOf(error, 'start it, or run with --provider process'))
    const skipped = doubt('hop to a container', 'SKIPPED: no Docker to try it with', 'see Docker above')
    return { findings: [missing, skipped], isUsable: false }
  }
  const image = await findLocalImage(client, { version: kafkaVersion })
  if (!image) {
    const fix = `gauntlet images build, or docker pull apache/kafka:${kafkaVersion}`
    findings.push(lack('Kafka image', `none of Kafka ${kafkaVersion} on this engine`, fix))
    findings.push(doubt('hop to a container', 'SKIPPED: no image to try it with', fix))
    return { findings, isUsable: false }
  }
  findings.push(fine('Kafka image', image.name))
  const proxy = await imageId(client, TOXIPROXY_IMAGE)
  findings.push(
    proxy === undefined
      ? doubt('Toxiproxy image', `${TOXIPROXY_IMAGE} is not here; only network faults need it`, 'gauntlet images build')
      : fine('Toxiproxy image', TOXIPROXY_IMAGE),
  )
  findings.push(await checkHop(client, image.id))
  return { findings, isUsable: true }
}

async function checkHop(client: DockerClient, image: string): Promise<Finding> {
  const check = 'hop to a container'
  const runId = newRunId()
  const journal = await openJournal(runId)
  try {
    const hop = await tryHop(client, image, runId, journal)
    if (hop.ok)
      return fine(
        check,
        `answered after ${hop.roundTripMs.toFixed(1)} ms: workers dial containers by their own addresses`,
      )
    const fix = 'published ports are used instead, at a cost per byte; the report says published-port'
    return doubt(check, hop.reason, fix)
  } finally {
    await journal.close()
  }
}

/** What dead runs left, and clusters that were started to stay. */
export async function checkLeftovers(): Promise<Finding[]> {
  const runs = await findLeftovers()
  const things = runs.flatMap(run => run.things)
  const unseen = runs.flatMap(run => run.unseen)
  const standing = await listStanding()
  const findings = [
    things.length + unseen.length === 0
      ? fine('dead runs', 'nothing left')
      : doubt(
          'dead runs',
          `left ${[countThings(things), unseen.length > 0 ? `${unseen.length} that cannot be looked at` : ''].filter(Boolean).join(', ')}`,
          'gauntlet clean',
        ),
  ]
  if (standing.length > 0) {
    const ids = standing.map(cluster => cluster.id).join(', ')
    findings.push(doubt('standing clusters', `${ids}: they compute beside what is measured`, 'gauntlet cluster down'))
  }
  return findings
}
