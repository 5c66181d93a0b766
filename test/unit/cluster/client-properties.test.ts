// The properties file of a client: what connects, what is refused with its way out, and no secret in any message.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { afterAll, describe, expect, it } from 'vitest'
import { loadClientProperties } from '../../../src/cluster/client-properties.ts'
import { HarnessError } from '../../../src/core/errors.ts'
import { makeCertificate } from '../../support/certificate.ts'

const folder = mkdtempSync(join(tmpdir(), 'gauntlet-properties-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const PASSWORD = 'hunter2-secret'
const PLAIN = 'org.apache.kafka.common.security.plain.PlainLoginModule'
const SCRAM = 'org.apache.kafka.common.security.scram.ScramLoginModule'
const closed = makeCertificate({ name: 'closed', passphrase: PASSWORD })
const open = makeCertificate({ name: 'open' })

let files = 0
function write(text: string | Buffer, name = `file-${files++}`, mode = 0o600): string {
  const path = join(folder, name)
  writeFileSync(path, text, { mode })
  return path
}
const load = (...lines: string[]) => loadClientProperties(write(`${lines.join('\n')}\n`))
const pem = (...parts: string[]) => write(parts.join('\n'))

async function problemsOf(...lines: string[]): Promise<HarnessError['problems']> {
  const error = await load(...lines).then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof HarnessError)) throw new Error(`no refusal, but ${String(error)}`)
  expect(JSON.stringify(error.problems) + inspect(error, { depth: 9 })).not.toContain(PASSWORD)
  expect(error.exitCode).toBe(2)
  return error.problems
}

describe('what connects', () => {
  it('PLAINTEXT by default, without anything secret', async () => {
    expect(await load('# nothing')).toMatchObject({ protocol: 'PLAINTEXT', sendsCredentials: false, warnings: [] })
    expect((await load('security.protocol = PLAINTEXT')).security).toBeUndefined()
  })

  it.each([
    ['PLAIN', PLAIN, 'plain'],
    ['SCRAM-SHA-256', SCRAM, 'scram-sha-256'],
    ['SCRAM-SHA-512', SCRAM, 'scram-sha-512'],
  ])('SASL with %s', async (mechanism, module, name) => {
    const read = await load(
      'security.protocol=SASL_SSL',
      `sasl.mechanism=${mechanism}`,
      `sasl.jaas.config=${module} required \\`,
      `   username="alice" password="${PASSWORD}";`,
    )
    expect(structuredClone(read.security)).toEqual({
      ssl: { rejectUnauthorized: true },
      sasl: { mechanism: name, username: 'alice', password: PASSWORD },
    })
    expect(read).toMatchObject({ protocol: 'SASL_SSL', sendsCredentials: true, sendsPassword: false })
  })

  it.each([
    [`username='al ice' password='it''s';`, undefined],
    [`username='al ice' password='q"uote';`, ['al ice', 'q"uote']],
    [`username=bob password="a;b=c\\\\"d";`, ['bob', 'a;b=c"d']],
    [`username = "bob" password = "x" serviceName="kafka" ;`, ['bob', 'x']],
  ])('the quotes of JAAS: %s', async (options, expected) => {
    const lines = [
      'security.protocol=SASL_PLAINTEXT',
      'sasl.mechanism=PLAIN',
      `sasl.jaas.config=${PLAIN} required ${options}`,
    ]
    if (!expected) return expect(await problemsOf(...lines)).toHaveLength(1)
    const read = await load(...lines)
    expect(structuredClone(read.security)?.sasl).toMatchObject({ username: expected[0], password: expected[1] })
    return expect(read.sendsPassword).toBe(true)
  })

  it('SSL with authorities and an own key in PEM files, relative to the properties file', async () => {
    write(open.certificate, 'ca.pem')
    const store = pem(closed.key, closed.certificate)
    const read = await load(
      'security.protocol=SSL',
      'ssl.truststore.type=PEM',
      'ssl.truststore.location=ca.pem',
      'ssl.keystore.type=PEM',
      `ssl.keystore.location=${store}`,
      `ssl.key.password=${PASSWORD}`,
      'ssl.enabled.protocols=TLSv1.3',
    )
    expect(structuredClone(read.security)?.ssl).toMatchObject({
      ca: open.certificate,
      passphrase: PASSWORD,
      minVersion: 'TLSv1.3',
      maxVersion: 'TLSv1.3',
      rejectUnauthorized: true,
    })
    expect(read.sendsCredentials).toBe(false)
  })

  it('SSL with PEM in the properties file itself, whose line breaks are lost there', async () => {
    const flat = (text: string) => text.trim().split('\n').join(' \\\n ')
    const read = await load(
      'security.protocol=SSL',
      `ssl.truststore.certificates=${flat(open.certificate)}`,
      `ssl.keystore.certificate.chain=${flat(closed.certificate)}`,
      `ssl.keystore.key=${flat(closed.key)}`,
      `ssl.key.password=${PASSWORD}`,
    )
    expect(structuredClone(read.security)?.ssl).toMatchObject({
      ca: open.certificate,
      key: expect.stringContaining(closed.key),
    })
  })

  it('shows nothing when it is printed or stored', async () => {
    const { security } = await load(
      'security.protocol=SASL_SSL',
      'sasl.mechanism=PLAIN',
      `sasl.jaas.config=${PLAIN} required username="alice" password="${PASSWORD}";`,
    )
    expect(JSON.stringify({ security })).toBe('{"security":"[hidden]"}')
    expect(inspect({ security }, { depth: 9, showHidden: true })).not.toContain(PASSWORD)
    expect(String(security)).not.toContain(PASSWORD)
  })
})

describe('what is refused, with its line and the way out', () => {
  const sasl = ['security.protocol=SASL_SSL', 'sasl.mechanism=PLAIN']
  const jaas = (text: string) => [...sasl, `sasl.jaas.config=${text}`]
  it.each<[string, string[], number | undefined, RegExp]>([
    ['an unknown protocol', ['', `security.protocol=${PASSWORD}`], 2, /PLAINTEXT, SSL, SASL_PLAINTEXT, SASL_SSL/],
    [
      'no mechanism, which means Kerberos',
      ['security.protocol=SASL_SSL'],
      undefined,
      /GSSAPI.*not available yet[\s\S]*SCRAM/,
    ],
    [
      'another mechanism',
      ['security.protocol=SASL_SSL', 'sasl.mechanism=OAUTHBEARER'],
      2,
      /OAUTHBEARER.*not available/,
    ],
    ['no login', sasl, undefined, /missing[\s\S]*username="…"/],
    ['an open quote', jaas(`${PLAIN} required username="a" password="${PASSWORD};`), 3, /not closed/],
    ['no semicolon', jaas(`${PLAIN} required username="a" password="${PASSWORD}"`), 3, /semicolon/],
    ['no password', jaas(`${PLAIN} required username="${PASSWORD}";`), 3, /no password/],
    [
      'the module of another mechanism',
      jaas(`${SCRAM} required username="a" password="${PASSWORD}";`),
      3,
      /login module/,
    ],
    ['no flag', jaas(`${PLAIN} username="a" password="${PASSWORD}";`), 3, /required/],
    ['two modules', jaas(`${PLAIN} required username="a" password="b"; ${PLAIN} required;`), 3, /more than one/],
    ['a bare word among options', jaas(`${PLAIN} required ${PASSWORD} username="a" password="b";`), 3, /name=value/],
    ['a config provider', ['ssl.key.password=${env:KEY}'], 1, /config provider/],
    [
      'host names that are not checked',
      ['security.protocol=SSL', 'ssl.endpoint.identification.algorithm='],
      2,
      /check of host names/,
    ],
    ['an old protocol', ['security.protocol=SSL', 'ssl.enabled.protocols=TLSv1.1,TLSv1.2'], 2, /TLSv1\.2 and TLSv1\.3/],
    ['a missing store', ['security.protocol=SSL', 'ssl.truststore.location=/no/such.pem'], 2, /not found/],
    [
      'a store that is a directory',
      ['security.protocol=SSL', `ssl.truststore.location=${tmpdir()}`],
      2,
      /regular file/,
    ],
    [
      'a store without certificates',
      ['security.protocol=SSL', `ssl.truststore.location=${pem(open.key)}`],
      2,
      /no certificate/,
    ],
    [
      'a certificate that is cut off',
      ['security.protocol=SSL', `ssl.truststore.location=${pem(open.certificate.replace(/\n.{64}\n/, '\n'))}`],
      2,
      /certificate 1 .*cannot be read/,
    ],
    [
      'a keystore without key',
      ['security.protocol=SSL', `ssl.keystore.location=${pem(open.certificate)}`],
      2,
      /no private key/,
    ],
    [
      'an encrypted key without its pass phrase',
      ['security.protocol=SSL', `ssl.keystore.location=${pem(closed.key, closed.certificate)}`],
      2,
      /is encrypted/,
    ],
    [
      'a wrong pass phrase',
      ['security.protocol=SSL', `ssl.keystore.location=${pem(closed.key, closed.certificate)}`, 'ssl.key.password=no'],
      2,
      /does not open/,
    ],
    [
      'the key of another certificate',
      ['security.protocol=SSL', `ssl.keystore.location=${pem(open.key, closed.certificate)}`],
      2,
      /does not belong/,
    ],
  ])('%s', async (_, lines, line, pattern) => {
    const problems = await problemsOf(...lines)
    expect(problems).toHaveLength(1)
    expect(problems[0]).toMatchObject({ code: 'E206' })
    expect(problems[0]?.place?.line).toBe(line)
    expect(`${problems[0]?.message}\n${problems[0]?.hint}`).toMatch(pattern)
  })

  it('all mistakes of a file at once', async () => {
    const problems = await problemsOf(
      'security.protocol=SASL_SSL',
      'sasl.mechanism=KERBEROS',
      'ssl.truststore.location=/no/such',
      'ssl.enabled.protocols=SSLv3',
    )
    expect(problems.map(problem => problem.place?.line).sort((a, b) => Number(a) - Number(b))).toEqual([2, 3, 4])
  })

  it.each([
    ['not there', () => join(folder, 'absent'), /not found/],
    ['a directory', () => folder, /regular file/],
    ['huge', () => write(Buffer.alloc(300 * 1024, '#')), /256 KiB/],
    [
      'a named pipe, without waiting for it',
      () => {
        execFileSync('mkfifo', [join(folder, 'pipe')])
        return join(folder, 'pipe')
      },
      /regular file/,
    ],
  ])('a file that is %s', async (_, path, pattern) => {
    await expect(loadClientProperties(path())).rejects.toMatchObject({
      code: 'E206',
      message: expect.stringMatching(pattern),
    })
  })
})

describe('Java’s own stores', () => {
  const jks = Buffer.concat([Buffer.from('feedfeed00000002', 'hex'), Buffer.alloc(64)])
  const p12 = Buffer.concat([Buffer.from('3082044202010330', 'hex'), Buffer.alloc(64)])
  it.each<[string, Buffer, string, string[]]>([
    ['JKS truststore', jks, 'truststore', ['keytool -list -rfc -keystore FILE > ', '.pem', 'ssl.truststore.type=PEM']],
    ['PKCS12 truststore', p12, 'truststore', ['openssl pkcs12 -in FILE -nokeys -out ', 'ssl.truststore.location=']],
    [
      'JKS keystore',
      jks,
      'keystore',
      ['keytool -importkeystore -srckeystore FILE -destkeystore ', '&& openssl pkcs12 -in ', 'ssl.key.password'],
    ],
    [
      'PKCS12 keystore',
      p12,
      'keystore',
      ['openssl pkcs12 -in FILE -out ', 'ssl.keystore.type=PEM', 'ssl.key.password'],
    ],
  ])('%s → the commands for that very file', async (_, bytes, role, fragments) => {
    const file = write(bytes)
    const problems = await problemsOf(
      'security.protocol=SSL',
      `ssl.${role}.location=${file}`,
      `ssl.${role}.password=${PASSWORD}`,
    )
    for (const fragment of fragments) expect(problems[0]?.hint).toContain(fragment.replace('FILE', file))
  })

  it('quotes a path with spaces for the shell', async () => {
    const file = write(jks, "it's mine.jks")
    const [problem] = await problemsOf('security.protocol=SSL', `ssl.truststore.location=${file}`)
    expect(problem?.hint).toContain(`-keystore '${folder}/it'\\''s mine.jks'`)
  })
})

describe('what is warned of', () => {
  const warningsOf = async (...lines: string[]) => (await load(...lines)).warnings.join('\n')

  it('unknown keys, with the nearest known one', async () => {
    expect(await warningsOf('', 'securty.protocol=SSL')).toMatch(
      /:2 {2}securty\.protocol is no setting.*did you mean security\.protocol\?/,
    )
    expect(await warningsOf('sasl.password=x')).toContain('did you mean sasl.jaas.config?')
    expect(await warningsOf('linger.mss=5')).toContain('did you mean linger.ms?')
  })

  it('never repeats what may be a value on a line of its own', async () => {
    const warnings = await warningsOf(PASSWORD, 'Passw0rd.With.Dots')
    expect(warnings).toContain('this is no setting')
    expect(warnings).not.toContain(PASSWORD)
    expect(warnings).not.toContain('Passw0rd')
  })

  it('a key given twice, and keys without effect', async () => {
    expect(await warningsOf('security.protocol=SSL', 'security.protocol=PLAINTEXT')).toContain('given twice')
    expect(await warningsOf('ssl.cipher.suites=X')).toContain('no effect')
    expect(await warningsOf('sasl.login.class=X')).toContain('no effect')
  })

  it('a secret that others can read', async () => {
    const text = `security.protocol=SASL_SSL\nsasl.mechanism=PLAIN\nsasl.jaas.config=${PLAIN} required username="a" password="${PASSWORD}";\n`
    const read = await loadClientProperties(write(text, 'open.properties', 0o644))
    expect(read.warnings).toEqual([expect.stringContaining('chmod 600')])
  })

  it('hands settings of producers and consumers on, but none that no driver honours yet', async () => {
    const { settings, warnings } = await load('linger.ms=20', 'send.buffer.bytes=9', 'fetch.min.bytes = 4096')
    expect(settings).toEqual({ 'linger.ms': { value: '20', line: 1 }, 'fetch.min.bytes': { value: '4096', line: 3 } })
    expect(warnings).toEqual([expect.stringMatching(/:2 {2}send\.buffer\.bytes is honoured by no driver yet/)])
  })
})
