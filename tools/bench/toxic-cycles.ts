// npm run bench:toxics: toxics put on and taken off a thousand times while 50 MB/s pass: none of our calls may hang, and a server that does is replaced and counted.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { newRunId } from '../../src/cli/shared/manifest.ts'
import type { LinkToxic } from '../../src/cluster/cluster.ts'
import { openJournal } from '../../src/cluster/journal-file.ts'
import { findToxiproxy } from '../../src/cluster/links/binary.ts'
import { ProxyLinks } from '../../src/cluster/links/powers.ts'
import { OwnProcess } from '../../src/cluster/providers/process/node-process.ts'
import { showSpread, spread } from './support.ts'

const [cycles = 1000, mbPerSecond = 50] = process.argv.slice(2).map(Number)
/** A server that hangs is given up after 2 s and rebuilt; whatever takes longer than that and its start is a hang of ours. */
const HANG_MS = 15_000
const DWELL_MS = 20
const PROGRESS_EVERY = 100
const LINK = 'client-1'
const STREAMS = ['upstream', 'downstream'] as const
const TOXICS: readonly LinkToxic[] = [
  { type: 'latency', attributes: { latency: 5, jitter: 2 } },
  { type: 'bandwidth', attributes: { rate: 20_000 } },
  { type: 'slicer', attributes: { average_size: 8192, size_variation: 0, delay: 10 } },
  { type: 'timeout', attributes: { timeout: 0 } },
]

type Told = { sinkPort?: number; arrived?: number; connections?: number }

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** Milliseconds that a call took; a hang ends the bench with an error. */
async function timed(what: string, call: () => Promise<void>): Promise<number> {
  const beganMs = performance.now()
  const clock = new AbortController()
  const late = sleep(HANG_MS, undefined, { signal: clock.signal }).then(
    () => Promise.reject(new Error(`${what} did not return within ${HANG_MS} ms: a hang of ours`)),
    () => undefined,
  )
  await Promise.race([call(), late])
  clock.abort()
  return performance.now() - beganMs
}

async function pump(links: ProxyLinks, told: () => Told): Promise<void> {
  const took: number[] = []
  const beganMs = performance.now()
  const before = told().arrived ?? 0
  for (let cycle = 0; cycle < cycles; cycle++) {
    const toxic = TOXICS[cycle % TOXICS.length] as LinkToxic
    const tag = `cycle-${cycle}`
    const flows = STREAMS.map(stream => ({ link: LINK, stream }))
    took.push(await timed(`adding ${toxic.type}`, () => links.poison(tag, flows, toxic)))
    await sleep(DWELL_MS)
    took.push(await timed(`removing ${toxic.type}`, () => links.cure(tag)))
    await sleep(DWELL_MS)
    if ((cycle + 1) % PROGRESS_EVERY === 0)
      console.log(`${cycle + 1} cycles, ${links.rebuilt} hung servers replaced, ${told().connections} connections`)
  }
  const seconds = (performance.now() - beganMs) / 1000
  const [state] = await links.read()
  if (!state?.isOpen || state.toxics.length > 0) throw new Error(`not healed: ${JSON.stringify(state)}`)
  const rate = ((told().arrived ?? 0) - before) / 1e6 / seconds
  const after = told().arrived ?? 0
  await sleep(2000)
  const rateAfter = ((told().arrived ?? 0) - after) / 2e6
  console.log(
    `${cycles} toxics added and removed in ${seconds.toFixed(0)} s while ${rate.toFixed(0)} MB/s passed of ${mbPerSecond} (${rateAfter.toFixed(0)} MB/s after it): ` +
      `0 hangs of ours, ${links.rebuilt} hangs of Toxiproxy recovered; a call took ${showSpread(took, 1)} ms (min – median – max)`,
  )
  process.exitCode = rateAfter > mbPerSecond / 2 && spread(took).max < HANG_MS ? 0 : 1
}

const directory = mkdtempSync(join(tmpdir(), 'gauntlet-toxics-'))
const journal = await openJournal(newRunId())
const program = await findToxiproxy()
const [apiPort, entrancePort] = [await freePort(), await freePort()]
const consoleFile = join(directory, 'console.log')
const own = new OwnProcess({
  ...{ name: 'proxy', home: directory, console: consoleFile, log: consoleFile, journal, detach: false },
  command: [program, '-host', '127.0.0.1', '-port', String(apiPort)],
  env: { ...process.env, LOG_LEVEL: 'error' },
})
const flow = fork(new URL('./toxic-pump.ts', import.meta.url), [String(mbPerSecond * 1e6)])
let told: Told = {}
try {
  const [first] = (await once(flow, 'message')) as [Told]
  await own.start()
  const route = {
    link: { name: LINK, plane: 'CLIENT' as const, source: 'client' as const, target: 1 },
    listen: `127.0.0.1:${entrancePort}`,
    upstream: `127.0.0.1:${first.sinkPort}`,
  }
  const restart = async (): Promise<void> => {
    await own.kill()
    await own.start()
  }
  const links = new ProxyLinks(
    [{ source: 'client', name: 'proxy', api: `http://127.0.0.1:${apiPort}`, routes: [route], restart }],
    journal,
  )
  await links.open()
  flow.on('message', (message: Told) => {
    told = { ...told, ...message }
  })
  flow.send({ entrancePort })
  await sleep(2000)
  await pump(links, () => told)
} finally {
  flow.disconnect()
  await own.kill()
  await journal.close()
  rmSync(directory, { recursive: true, force: true })
}
