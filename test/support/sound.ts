// Judges the end of a run as a test may: every count must be right, whatever a busy machine did to the times.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { CliResult } from './cli.ts'

/** Fails unless a run passed, or was doubted for nothing but a generator that got too little of this machine; returns its folder. */
export function expectSound({ stdout, stderr }: Pick<CliResult, 'stdout' | 'stderr'>): string {
  const said = stdout + stderr
  const directory = /^ *(?:raw +|"directory": ")(\/[^\s"]+)/m.exec(stdout)?.[1]
  if (directory === undefined) return expect.fail(`no recording is named: ${said}`)
  const { causes } = JSON.parse(readFileSync(join(directory, 'result.json'), 'utf8')) as { causes: { text: string }[] }
  expect(
    causes.filter(({ text }) => !/^cell [^:]*: GENERATOR_LIMITED/.test(text)),
    said,
  ).toEqual([])
  return directory
}
