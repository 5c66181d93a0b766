// Java and Kafka's jars: what is found, what is refused and how it is told, with stand-ins for the programs that are asked.
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findKafkaJars, hasKafkaJars, lackOfMaven } from '../../../src/cluster/jars.ts'
import { findJava, releaseOf } from '../../../src/cluster/java.ts'
import { cacheDirectory, stateDirectory } from '../../../src/cluster/places.ts'
import { waitUntil } from '../../../src/cluster/wait.ts'

let root = ''
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'gauntlet-jars-'))
  mkdirSync(join(root, 'bin'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

/** Puts a program on the PATH that this environment has. */
function program(name: string, script: string): void {
  const path = join(root, 'bin', name)
  writeFileSync(path, `#!/bin/sh\n${script}\n`)
  chmodSync(path, 0o755)
}

const environment = (more: Record<string, string> = {}): NodeJS.ProcessEnv => ({
  PATH: [join(root, 'bin'), '/usr/bin', '/bin'].join(delimiter),
  GAUNTLET_CACHE: join(root, 'cache'),
  ...more,
})
const bare = (): NodeJS.ProcessEnv => ({ PATH: join(root, 'bin'), GAUNTLET_CACHE: join(root, 'cache') })

/** A Maven that takes its time and brings these jars. */
const maven = (names: string[]): void =>
  program(
    'mvn',
    `for arg; do case "$arg" in -DoutputDirectory=*) out="\${arg#*=}";; esac; done
mkdir -p "$out"; sleep 0.2; for name in ${names.join(' ')}; do echo jar >"$out/$name"; done`,
  )
const JARS = ['kafka_2.13-9.9.9.jar', 'kafka-tools-9.9.9.jar', 'log4j-slf4j-impl-2.jar']

describe('Java', () => {
  it('is found with its version', async () => {
    program('java', 'echo \'openjdk version "21.0.2" 2024-01-16\' >&2')
    expect(await findJava(environment())).toEqual({ path: 'java', version: '21.0.2' })
  })

  it('of JAVA_HOME goes before the one on the PATH', async () => {
    program('java', 'echo \'openjdk version "17.0.2" 2024-01-16\' >&2')
    expect(await findJava({ JAVA_HOME: root, PATH: '' })).toMatchObject({ path: join(root, 'bin', 'java') })
  })

  it.each([
    ['too old', 'echo \'java version "11.0.22" 2024-01-16\' >&2', /11\.0\.22.*needs 17/],
    ['broken', 'echo "no libjvm" >&2; exit 1', /failed: no libjvm/],
  ])('that is %s is refused with the way out', async (_, script, message) => {
    program('java', script)
    await expect(findJava(environment())).rejects.toMatchObject({
      code: 'E304',
      message: expect.stringMatching(message),
      problems: [{ hint: expect.stringContaining('install Java 17') }],
    })
  })

  it('that is missing is said to be', async () => {
    await expect(findJava(bare())).rejects.toMatchObject({ code: 'E304', message: 'java is not on the PATH' })
    await expect(findJava({ ...bare(), JAVA_HOME: '/no/such' })).rejects.toMatchObject({
      code: 'E304',
      message: expect.stringContaining('JAVA_HOME'),
    })
  })

  it.each([
    ['17.0.15', 17],
    ['21', 21],
    ['26-ea', 26],
    ['1.8.0_392', 8],
  ])('%s is release %i', (version, release) => expect(releaseOf(version)).toBe(release))
})

describe('Kafka’s jars', () => {
  it('are fetched once and found afterwards without Maven', async () => {
    maven(JARS)
    const said: string[] = []
    expect(await hasKafkaJars('9.9.9', environment())).toBe(false)
    const first = await findKafkaJars({ version: '9.9.9', env: environment(), onProgress: text => said.push(text) })
    rmSync(join(root, 'bin', 'mvn'))
    expect(await hasKafkaJars('9.9.9', environment())).toBe(true)
    expect(await findKafkaJars({ version: '9.9.9', env: environment() })).toEqual(first)
    expect(first.jars.map(jar => jar.split('/').at(-1))).toEqual([...JARS].sort())
    expect(said).toHaveLength(1)
  })

  it('are whole for both of two runs that fetch them at the same time', async () => {
    maven(JARS)
    const fetch = () => findKafkaJars({ version: '9.9.9', env: environment() })
    const [one, other] = await Promise.all([fetch(), fetch()])
    expect(one).toEqual(other)
    expect(one.jars.every(existsSync)).toBe(true)
    expect(readdirSync(join(root, 'cache', 'kafka-gauntlet', 'kafka'))).toEqual(['kafka-9.9.9'])
  })

  it('that Maven cannot bring are told with its last lines, and nothing is kept', async () => {
    program('mvn', 'echo "[ERROR] no such artifact"; exit 1')
    await expect(findKafkaJars({ version: '0.0.1', env: environment() })).rejects.toMatchObject({
      code: 'E305',
      message: expect.stringMatching(/Kafka 0\.0\.1[\s\S]*no such artifact/),
    })
    expect(readdirSync(join(root, 'cache', 'kafka-gauntlet', 'kafka'))).toEqual([])
  })

  it('without the broker’s own are no jars', async () => {
    maven(['log4j-slf4j-impl-2.jar'])
    await expect(findKafkaJars({ version: '9.9.9', env: environment() })).rejects.toMatchObject({
      code: 'E305',
      message: expect.stringContaining('kafka_2.13-9.9.9.jar'),
    })
    expect(await hasKafkaJars('9.9.9', environment())).toBe(false)
  })

  it('without Maven are told with both ways out', async () => {
    await expect(findKafkaJars({ version: '9.9.9', env: bare() })).rejects.toMatchObject({
      code: 'E305',
      problems: [{ hint: expect.stringMatching(/Maven.*KAFKA_HOME/) }],
    })
    expect(await lackOfMaven(bare())).toContain('Maven')
  })

  it('stop being fetched at an abort, before Maven runs or while it does', async () => {
    const started = join(root, 'started')
    program('mvn', `touch ${started}; exec sleep 60`)
    const abort = new AbortController()
    const fetch = () => findKafkaJars({ version: '9.9.9', env: environment(), signal: abort.signal })
    const fetching = fetch()
    fetching.catch(() => undefined)
    expect(await waitUntil(() => existsSync(started), 10_000)).toBe(true)
    abort.abort(new Error('interrupted'))
    await expect(fetching).rejects.toThrow('interrupted')
    await expect(fetch()).rejects.toThrow('interrupted')
  })

  it('of KAFKA_HOME are used where they are the version that was asked for', async () => {
    mkdirSync(join(root, 'libs'))
    for (const name of JARS) writeFileSync(join(root, 'libs', name), '')
    const env = environment({ KAFKA_HOME: root })
    expect((await findKafkaJars({ version: '9.9.9', env })).libsDir).toBe(join(root, 'libs'))
    await expect(findKafkaJars({ version: '4.0.0', env })).rejects.toMatchObject({
      code: 'E305',
      message: expect.stringMatching(/holds Kafka 9\.9\.9.*asks for 4\.0\.0/),
    })
    await expect(findKafkaJars({ version: '4.0.0', env: { KAFKA_HOME: '/no/such' } })).rejects.toMatchObject({
      code: 'E305',
      message: expect.stringContaining('KAFKA_HOME'),
    })
  })
})

describe('places', () => {
  it('follow our own variables, then the XDG ones where they are absolute, then the home', () => {
    expect(cacheDirectory({ GAUNTLET_CACHE: '/c', XDG_CACHE_HOME: '/x' })).toBe('/c/kafka-gauntlet')
    expect(cacheDirectory({ XDG_CACHE_HOME: '/x' })).toBe('/x/kafka-gauntlet')
    expect(cacheDirectory({ XDG_CACHE_HOME: 'x' })).toMatch(/\/\.cache\/kafka-gauntlet$/)
    expect(stateDirectory({ GAUNTLET_STATE: '/s' })).toBe('/s/kafka-gauntlet')
    expect(stateDirectory({ XDG_STATE_HOME: '/x' })).toBe('/x/kafka-gauntlet')
    expect(stateDirectory({})).toMatch(/\/\.local\/state\/kafka-gauntlet$/)
  })
})
