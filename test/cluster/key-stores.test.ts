// The advice for Java's own stores, followed to the letter: the commands of the message make a file that can be used.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { loadClientProperties } from '../../src/cluster/client-properties.ts'
import { HarnessError } from '../../src/core/errors.ts'
import { makeCertificate } from '../support/certificate.ts'
import { requireOrSkip } from '../support/require.ts'

const folder = mkdtempSync(join(tmpdir(), 'gauntlet-stores-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
beforeEach(context => requireOrSkip('java', context))

const PASSWORD = 'changeit'

/** Runs a program to its end; one that asks for passwords reads them from what is typed. */
function run(program: string, args: string[], typed: string[] = []): void {
  const input = typed.map(line => `${line}\n`).join('')
  const { status, stderr, stdout } = spawnSync(program, args, { input, encoding: 'utf8' })
  expect(status, stdout + stderr).toBe(0)
}
const keytool = (...args: string[]): void => run('keytool', args)
/** Without a terminal of its own, as programs that ask would else prefer that to what is typed. */
const follow = (command: string, typed: string[]): void => run('setsid', ['-w', 'sh', '-c', command], typed)

function properties(...lines: string[]): string {
  const path = join(folder, 'client.properties')
  writeFileSync(path, `security.protocol=SSL\n${lines.join('\n')}\n`, { mode: 0o600 })
  return path
}

/** The command that the refusal of a store gives. */
async function adviceFor(role: string, store: string): Promise<{ command: string; pem: string }> {
  const error = await loadClientProperties(properties(`ssl.${role}.location=${store}`)).catch(
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof HarnessError)) throw new Error(`not refused: ${String(error)}`)
  const [command = '', then = ''] = error.problems[0]?.hint?.split(/ {3}then write /) ?? []
  return { command, pem: /location=([^,]+)/.exec(then)?.[1] ?? '' }
}

describe('a store of Java', () => {
  it.each(['JKS', 'PKCS12'])('truststore in %s', async type => {
    const authority = makeCertificate({ name: 'authority' }).certificate
    writeFileSync(join(folder, 'authority.pem'), authority)
    const store = join(folder, `trust-${type}.${type === 'JKS' ? 'jks' : 'p12'}`)
    keytool(
      ...['-importcert', '-noprompt', '-alias', 'ca', '-file', join(folder, 'authority.pem')],
      ...['-keystore', store, '-storetype', type, '-storepass', PASSWORD],
    )
    const { command, pem } = await adviceFor('truststore', store)
    follow(command, [PASSWORD])
    const { security } = await loadClientProperties(
      properties('ssl.truststore.type=PEM', `ssl.truststore.location=${pem}`),
    )
    const flat = JSON.stringify(structuredClone(security)?.ssl).replace(/\\[rn]/g, '')
    expect(flat).toContain(authority.trim().split('\n').slice(1, -1).join(''))
  })

  it.each(['JKS', 'PKCS12'])('keystore in %s', async type => {
    const store = join(folder, `key-${type}.${type === 'JKS' ? 'jks' : 'p12'}`)
    keytool(
      ...['-genkeypair', '-alias', 'me', '-keyalg', 'RSA', '-dname', 'CN=me', '-keystore', store],
      ...['-storetype', type, '-storepass', PASSWORD, '-keypass', PASSWORD],
    )
    const { command, pem } = await adviceFor('keystore', store)
    // Each program asks for itself; from a pipe the first one would read what is typed for the second.
    const parts = command.split(' && ')
    expect(parts).toHaveLength(type === 'JKS' ? 2 : 1)
    if (type === 'JKS') follow(parts[0] ?? '', [PASSWORD, PASSWORD, PASSWORD])
    follow(parts.at(-1) ?? '', [PASSWORD, 'pass-phrase', 'pass-phrase'])
    const lines = ['ssl.keystore.type=PEM', `ssl.keystore.location=${pem}`, 'ssl.key.password=pass-phrase']
    expect((await loadClientProperties(properties(...lines))).security).toBeDefined()
  })
})
