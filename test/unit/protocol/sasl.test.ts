// Logging in follows the RFCs to the letter, tells impostors apart, and never shows a secret.
import { describe, expect, it } from 'vitest'
import type { Api } from '../../../src/protocol/api.ts'
import { AuthenticationFailed } from '../../../src/protocol/errors.ts'
import type { SaslAuthenticateRequest } from '../../../src/protocol/requests/sasl-authenticate.ts'
import { authenticate, type Sasl } from '../../../src/protocol/sasl.ts'
import { ScramClient } from '../../../src/protocol/scram.ts'

const NONCE = 'rOprNGfwEbeRWgbNEkqO'
const SERVER_FIRST = 'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096'
const client = (username = 'user', password = 'pencil'): ScramClient =>
  new ScramClient({ hash: 'sha256', username, password, nonce: NONCE })

describe('SCRAM-SHA-256', () => {
  it('is the exchange of RFC 7677', async () => {
    const scram = client()
    expect(scram.first()).toBe('n,,n=user,r=rOprNGfwEbeRWgbNEkqO')
    expect(await scram.prove(SERVER_FIRST)).toBe(
      'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
    )
    expect(() => scram.verify('v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=')).not.toThrow()
  })

  it('escapes the signs of its own grammar', () => {
    expect(client('a=b,c').first()).toBe(`n,,n=a=3Db=2Cc,r=${NONCE}`)
  })

  it.each([
    ['a nonce that is not ours', SERVER_FIRST.replace('rOpr', 'XOpr')],
    ['a nonce without the broker’s part', `r=${NONCE},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`],
    ['too few iterations', SERVER_FIRST.replace('i=4096', 'i=1')],
    ['iterations without end', SERVER_FIRST.replace('i=4096', 'i=4000000000')],
    ['iterations that are no number', SERVER_FIRST.replace('i=4096', 'i=many')],
    ['no salt', SERVER_FIRST.replace(/s=[^,]+/, 's=')],
    ['nothing', ''],
  ])('refuses %s', async (_, message) => {
    await expect(client().prove(message)).rejects.toThrow(RangeError)
  })

  it.each(['', 'v=', 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95A4=', 'e=other-error'])(
    'refuses a broker whose proof is "%s"',
    async message => {
      const scram = client()
      await scram.prove(SERVER_FIRST)
      expect(() => scram.verify(message)).toThrow(/could not prove/)
    },
  )

  it('refuses a proof before there was an exchange', () => expect(() => client().verify('v=')).toThrow(RangeError))
})

describe('the login', () => {
  const PASSWORD = 'hunter2-s3cret'
  type Answer = { errorCode: number; errorMessage: string | null; authBytes: Buffer; sessionLifetimeMs: number }
  const answer = (text: string, errorCode = 0, errorMessage: string | null = null): Answer => ({
    ...{ errorCode, errorMessage, sessionLifetimeMs: 0 },
    authBytes: Buffer.from(text),
  })

  /** A broker's side: what it got, and the given answers one after the other. */
  function broker(handshakeCode: number, answers: Answer[]) {
    const got: string[] = []
    const request = async <Request, Response>(api: Api<Request, Response>, body: Request): Promise<Response> => {
      if (api.name === 'SaslHandshake') return { errorCode: handshakeCode, mechanisms: ['GSSAPI'] } as Response
      got.push((body as SaslAuthenticateRequest).authBytes.toString())
      return answers.shift() as Response
    }
    return { got, request }
  }
  const login = (side: ReturnType<typeof broker>, mechanism: Sasl['mechanism']): Promise<void> =>
    authenticate(side, { mechanism, username: 'ann', password: PASSWORD }, 'broker-1')

  it('by PLAIN sends name and password', async () => {
    const side = broker(0, [answer('')])
    await login(side, 'plain')
    expect(side.got).toEqual([`\0ann\0${PASSWORD}`])
  })

  it('takes a fresh nonce each time', async () => {
    const nonces = new Set<string>()
    for (let i = 0; i < 5; i++) {
      const side = broker(0, [answer('r=1')])
      await login(side, 'scram-sha-512').catch(() => undefined)
      nonces.add(side.got[0] ?? '')
    }
    expect(nonces.size).toBe(5)
  })

  it.each<[string, number, Answer[], Sasl['mechanism'], RegExp]>([
    ['mechanism not offered', 33, [], 'plain', /^PLAIN at broker-1: not offered; the broker offers GSSAPI$/],
    ['handshake refused', 34, [], 'plain', /handshake refused with code 34/],
    ['wrong password', 0, [answer('', 58, `no such user ann/${PASSWORD}\u001b[2J`)], 'plain', /\[hidden\]\\u001b/],
    ['refused without a word', 0, [answer('', 58)], 'plain', /refused with code 58/],
    ['rules broken', 0, [answer('r=1,s=QQ==,i=4096')], 'scram-sha-256', /did not add to our nonce/],
  ])('fails: %s', async (_, code, answers, mechanism, message) => {
    const failure = await login(broker(code, answers), mechanism).catch(error => error as Error)
    expect(failure).toBeInstanceOf(AuthenticationFailed)
    expect((failure as Error).message).toMatch(message)
    expect(JSON.stringify(failure) + String((failure as Error).stack)).not.toContain(PASSWORD)
  })
})
