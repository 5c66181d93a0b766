// Attaches to brokers that belong to somebody else: addresses and facts, no powers, and a reason where they cannot be reached.
import { lookup } from 'node:dns/promises'
import { connect } from 'node:net'
import { HarnessError, messageOf, type Problem } from '../../core/errors.ts'
import type { Security } from '../../drivers/driver.ts'
import { ClusterAdmin } from '../../protocol/admin.ts'
import type { NodeInfo, StartedCluster } from '../cluster.ts'

export type AttachRequest = {
  bootstrap: string[]
  security?: Security
  /** The properties file that `security` came from, for clean-up to find it again. */
  commandConfig?: string
  /** Called once the id is known and before anything else is asked; throws where the cluster may not be used. */
  allow: (clusterId: string) => void
}

type Broker = { id: number; host: string; port: number }

const DIAL_DEADLINE_MS = 3000
const ANSWER_DEADLINE_MS = 4000
const MAX_TEXT = 255

/** A cluster that was there before us and stays as it is; E307 within ten seconds where it cannot be used from here. */
export async function attachCluster(request: AttachRequest): Promise<StartedCluster> {
  const { bootstrap, security } = request
  const { open, closed } = await dialAll(bootstrap)
  if (open.length === 0) throw new HarnessError(closed)
  const { clusterId, brokers } = await identify(open, security, closed)
  request.allow(clusterId)
  await refuseUnreachable(bootstrap, brokers)
  return describe(request, clusterId, brokers)
}

type Identity = { clusterId: string; brokers: Broker[] }

/** What the first address that speaks Kafka says; where none does, why not, for every one of them. */
async function identify(open: readonly string[], security: Security | undefined, closed: Problem[]): Promise<Identity> {
  const asked = open.map(address => ask(address, security))
  try {
    return await Promise.any(asked)
  } catch (error) {
    const failures = (error as AggregateError).errors as HarnessError[]
    // The ports are open by now, so what fails here is the protocol or the credentials.
    const hint =
      'the port is open: check that it is a Kafka listener, and security.protocol, certificates and credentials in the properties file'
    const problems = failures.flatMap(failure => failure.problems.map(problem => ({ ...problem, hint })))
    throw new HarnessError([...problems, ...closed])
  }
}

/** Asks one address and never leaves it, because what it advertises may be wrong; rejects with E307 only. */
async function ask(address: string, security: Security | undefined): Promise<Identity> {
  const admin = await ClusterAdmin.connect({
    brokers: [address],
    connectionTimeoutMs: DIAL_DEADLINE_MS,
    requestTimeoutMs: ANSWER_DEADLINE_MS,
    retries: 0,
    onlyVia: splitAddress(address),
    ...(security ? { security } : {}),
  })
  try {
    const found = await admin.describeCluster()
    const brokers = found.brokers.map(broker => ({ ...broker, host: printable(broker.host) }))
    return { clusterId: printable(found.clusterId), brokers }
  } catch (error) {
    throw new HarnessError(
      { code: 'E307', message: `${address} does not describe its cluster: ${messageOf(error)}` },
      { cause: error },
    )
  } finally {
    await admin.close()
  }
}

function splitAddress(address: string): { host: string; port: number } {
  const colon = address.lastIndexOf(':')
  return { host: address.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(address.slice(colon + 1)) }
}

/** What a stranger's broker says is shown to a terminal, so it is kept short and without control characters. */
function printable(text: string | null): string {
  return (text ?? '').slice(0, MAX_TEXT).replace(/[^\x21-\x7e]/g, '?')
}

/** Dials every address: those that are open, and a problem for each of the others. */
async function dialAll(addresses: readonly string[]): Promise<{ open: string[]; closed: Problem[] }> {
  const dialled = await Promise.all(addresses.map(async address => ({ address, cause: await causeOf(address) })))
  return {
    open: dialled.flatMap(({ address, cause }) => (cause === undefined ? [address] : [])),
    closed: dialled.flatMap(({ address, cause }): Problem[] =>
      cause === undefined
        ? []
        : [
            {
              code: 'E307',
              message: `${address}: ${cause}`,
              hint: 'check the address, that the broker runs, and that no firewall stands between',
            },
          ],
    ),
  }
}

/** A bootstrap address that answers is not enough: clients then dial what each broker advertises. */
async function refuseUnreachable(bootstrap: readonly string[], brokers: readonly Broker[]): Promise<void> {
  const dialled = await Promise.all(
    brokers.map(async ({ id, host, port }) => ({
      id,
      address: `${host}:${port}`,
      cause: await causeOf(`${host}:${port}`),
    })),
  )
  const lost = dialled.filter(row => row.cause !== undefined)
  if (lost.length === 0) return
  throw new HarnessError(
    lost.map(({ id, address, cause }) => ({
      code: 'E307' as const,
      message: `${bootstrap.join(', ')} answers, but broker ${id} advertises ${address}, which cannot be reached: ${cause}`,
      hint: 'set advertised.listeners of that broker to an address that this machine can dial',
    })),
  )
}

/** Why an address cannot be dialled; undefined where it can. */
async function causeOf(address: string): Promise<string | undefined> {
  const { host, port } = splitAddress(address)
  try {
    await withinDeadline(lookup(host, { all: true }))
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    return code === undefined ? `no answer from DNS for ${host}` : `${host} is not a name that DNS knows (${code})`
  }
  return new Promise(resolve => {
    const socket = connect({ host, port, timeout: DIAL_DEADLINE_MS })
    const settle = (cause: string | undefined): void => {
      socket.destroy()
      resolve(cause)
    }
    socket.once('connect', () => settle(undefined))
    socket.once('timeout', () =>
      settle(`no answer within ${DIAL_DEADLINE_MS / 1000} s; a firewall may drop the packets`),
    )
    socket.once('error', error => settle(explain(error)))
  })
}

const CAUSES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refused; nothing listens there',
  EHOSTUNREACH: 'no route to that host',
  ENETUNREACH: 'no route to that network',
  ETIMEDOUT: 'no answer; a firewall may drop the packets',
  ECONNRESET: 'the connection was reset',
}

/** A name with several addresses fails with one error for each of them. */
function explain(error: Error): string {
  const all = error instanceof AggregateError ? (error.errors as Error[]) : [error]
  const causes = all.map(one => CAUSES[(one as NodeJS.ErrnoException).code ?? ''] ?? messageOf(one))
  return [...new Set(causes)].join('; ')
}

async function withinDeadline<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('too late')), DIAL_DEADLINE_MS)
  })
  return Promise.race([work, late]).finally(() => clearTimeout(timer))
}

function describe(request: AttachRequest, clusterId: string, brokers: readonly Broker[]): StartedCluster {
  const nodes = brokers.map((broker): NodeInfo => {
    const address = `${broker.host}:${broker.port}`
    return { id: broker.id, name: `broker-${broker.id}`, roles: ['broker'], client: address, observer: address }
  })
  return {
    info: {
      provider: 'external',
      clusterId,
      kafkaVersion: 'unknown',
      path: 'external',
      nodes,
      properties: {},
      ...(request.commandConfig === undefined ? {} : { commandConfig: request.commandConfig }),
    },
    bootstrap: [...request.bootstrap],
    observerBootstrap: [...request.bootstrap],
    sample: () => Promise.resolve([]),
    logs: () => Promise.resolve('the logs of these brokers are not ours to read'),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
}
