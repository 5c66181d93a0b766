#!/usr/bin/env node
// Starts the command line: from source in a checkout, from dist in a package; checks the Node version first, in plain words.
import { existsSync } from 'node:fs'

const [major] = process.versions.node.split('.').map(Number)
if (major < 24) {
  process.stderr.write(
    `kafka-gauntlet needs Node 24 or newer, this is ${process.versions.node}.\nIn a checkout, "npm start" and "npm run gauntlet -- …" bring the right one along.\n`,
  )
  process.exit(4)
}
const source = new URL('../src/cli/main.ts', import.meta.url)
const built = new URL('../dist/cli/main.js', import.meta.url)
const { main } = await import(existsSync(source) ? source.href : built.href)
process.exitCode = await main(process.argv.slice(2))
