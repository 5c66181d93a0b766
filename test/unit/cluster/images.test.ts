// Image builds: what goes in decides whether a build is reused, and a step that fails says so with its last lines.

import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { kafkaContent } from '../../../src/cluster/images/assemble.ts'
import { contentHash, inScratchDirectory, runCommand } from '../../../src/cluster/images/workshop.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gauntlet-content-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

describe('the content hash', () => {
  it('changes with a text, a name and a byte of a file, and with nothing else', async () => {
    await writeFile(join(folder, 'a'), 'x')
    const first = await contentHash(['1'], folder)
    expect(await contentHash(['1'], folder)).toBe(first)
    expect(await contentHash(['2'], folder)).not.toBe(first)
    expect(await contentHash(['1', ''], folder)).not.toBe(first)
    await writeFile(join(folder, 'a'), 'y')
    const changed = await contentHash(['1'], folder)
    expect(changed).not.toBe(first)
    await rm(join(folder, 'a'))
    await writeFile(join(folder, 'b'), 'y')
    expect(await contentHash(['1'], folder)).not.toBe(changed)
  })

  it('tells Kafka versions and bases apart', async () => {
    const one = await kafkaContent('4.3.1', 'base')
    expect(await kafkaContent('4.3.0', 'base')).not.toBe(one)
    expect(await kafkaContent('4.3.1', 'other')).not.toBe(one)
  })
})

describe('a build step', () => {
  const step = (program: string, ...args: string[]) =>
    runCommand({ program, args, debianPackage: 'some-package', deadlineMs: 10_000 })

  it('that fails is told with its last lines and its exit code', async () => {
    await expect(
      step('sh', '-c', 'for i in $(seq 100); do echo line $i; done; echo the reason >&2; exit 7'),
    ).rejects.toMatchObject({
      code: 'E309',
      exitCode: 4,
      message: expect.stringMatching(/exit code 7[\s\S]*line 100[\s\S]*the reason/),
    })
  })

  it('that is not installed names its package', async () => {
    await expect(step('no-such-program-of-ours')).rejects.toMatchObject({
      code: 'E309',
      problems: [{ hint: 'apt-get install some-package' }],
    })
  })

  it('leaves no scratch directory, whether it fails or not', async () => {
    let seen = ''
    await expect(
      inScratchDirectory(async directory => {
        seen = directory
        await writeFile(join(directory, 'left'), '')
        throw new Error('broken')
      }),
    ).rejects.toThrow('broken')
    expect(existsSync(seen)).toBe(false)
  })
})
