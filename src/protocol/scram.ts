// The client's side of SCRAM as text in and text out: RFC 5802 without channel binding, as Kafka speaks it.
import { createHash, createHmac, pbkdf2, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'

export type ScramOptions = { hash: 'sha256' | 'sha512'; username: string; password: string; nonce: string }

const GS2_HEADER = 'n,,'
/** RFC 7677 wants no fewer; far more would only be a broker that keeps us busy. */
const MIN_ITERATIONS = 4096
const MAX_ITERATIONS = 1_000_000
const derive = promisify(pbkdf2)

/** Throws a RangeError, without any secret in it, where the broker breaks the rules. */
export class ScramClient {
  private readonly options: ScramOptions
  private readonly firstBare: string
  private serverSignature: Buffer | undefined

  constructor(options: ScramOptions) {
    this.options = options
    const name = options.username.replaceAll('=', '=3D').replaceAll(',', '=2C')
    this.firstBare = `n=${name},r=${options.nonce}`
  }

  /** The first message to the broker. */
  first(): string {
    return GS2_HEADER + this.firstBare
  }

  /** The second message, which proves that we know the password without saying it. */
  async prove(serverFirst: string): Promise<string> {
    const { hash, nonce, password } = this.options
    const fields = fieldsOf(serverFirst)
    const serverNonce = fields.get('r') ?? ''
    const salt = Buffer.from(fields.get('s') ?? '', 'base64')
    const iterations = Number(fields.get('i'))
    if (!serverNonce.startsWith(nonce) || serverNonce.length === nonce.length) {
      throw new RangeError('the broker did not add to our nonce')
    }
    if (salt.length === 0 || !(iterations >= MIN_ITERATIONS && iterations <= MAX_ITERATIONS)) {
      throw new RangeError('the broker’s salt or its number of iterations is not acceptable')
    }
    const salted = await derive(password, salt, iterations, hash === 'sha256' ? 32 : 64, hash)
    const hmac = (key: Buffer, text: string): Buffer => createHmac(hash, key).update(text).digest()
    const withoutProof = `c=${Buffer.from(GS2_HEADER).toString('base64')},r=${serverNonce}`
    const exchanged = `${this.firstBare},${serverFirst},${withoutProof}`
    const clientKey = hmac(salted, 'Client Key')
    const signature = hmac(createHash(hash).update(clientKey).digest(), exchanged)
    this.serverSignature = hmac(hmac(salted, 'Server Key'), exchanged)
    const proof = Buffer.from(clientKey.map((byte, i) => byte ^ (signature[i] as number)))
    return `${withoutProof},p=${proof.toString('base64')}`
  }

  /** Checks that the broker knows the password too. */
  verify(serverFinal: string): void {
    const given = Buffer.from(fieldsOf(serverFinal).get('v') ?? '', 'base64')
    const due = this.serverSignature
    if (!due || given.length !== due.length || !timingSafeEqual(given, due)) {
      throw new RangeError('the broker could not prove that it knows the password')
    }
  }
}

function fieldsOf(message: string): Map<string, string> {
  return new Map(message.split(',').map(field => [field.slice(0, 1), field.slice(2)]))
}
