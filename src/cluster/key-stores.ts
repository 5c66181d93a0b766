// Reads PEM files of certificates and keys; Java's own store formats are answered with the commands that convert them.

import { X509Certificate } from 'node:crypto'
import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { createSecureContext } from 'node:tls'
import { messageOf } from '../core/errors.ts'

/** Which of the two stores of a client a file is. */
export type StoreRole = 'truststore' | 'keystore'

export type StoreResult = { ok: true; pem: string } | { ok: false; reason: string; hint: string }

const MAX_STORE_BYTES = 1024 * 1024
const CERTIFICATES = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g
const PRIVATE_KEY = /-----BEGIN (?:ENCRYPTED |RSA |EC )?PRIVATE KEY-----/

/** Reads a store in PEM; anything else comes back with what to do. */
export async function readStore(path: string, role: StoreRole): Promise<StoreResult> {
  const read = await readRegular(path)
  if (!read.ok) return { ok: false, reason: `ssl.${role}.location ${path}: ${read.reason}`, hint: 'check the path' }
  const format = formatOf(read.bytes)
  if (format !== 'PEM')
    return { ok: false, reason: `ssl.${role}.location ${path} is ${format}`, hint: conversionOf(path, role, format) }
  return checkPem(read.bytes.toString('utf8'), role, path)
}

/** Checks PEM text that stands in the properties file itself, or came from a store. */
export function checkPem(pem: string, role: StoreRole, where: string): StoreResult {
  const certificates = pem.match(CERTIFICATES) ?? []
  if (certificates.length === 0)
    return { ok: false, reason: `${where} holds no certificate`, hint: 'it needs a block -----BEGIN CERTIFICATE-----' }
  // Node takes an authority that it cannot read for none at all, and says nothing.
  const broken = certificates.findIndex(text => !isCertificate(text))
  if (broken >= 0)
    return { ok: false, reason: `certificate ${broken + 1} of ${where} cannot be read`, hint: 'export it again as PEM' }
  if (role === 'keystore' && !PRIVATE_KEY.test(pem))
    return {
      ok: false,
      reason: `${where} holds no private key`,
      hint: 'a keystore in PEM holds the private key and its certificates, one after the other',
    }
  return { ok: true, pem }
}

/** Values of a properties file lose their line breaks, without which PEM cannot be read. */
export function restorePem(text: string): string {
  return text.replace(/-----BEGIN ([A-Z ]+)-----([\s\S]*?)-----END \1-----/g, (_, label: string, body: string) => {
    const base64 = body.replace(/\s+/g, '').replace(/.{1,64}/g, '$&\n')
    return `-----BEGIN ${label}-----\n${base64}-----END ${label}-----\n`
  })
}

function isCertificate(text: string): boolean {
  try {
    return new X509Certificate(text).serialNumber !== ''
  } catch {
    return false
  }
}

/** Why a client could not use these, where it could not: a key that does not open, or does not belong to the certificate. */
export function lackOfTls(parts: {
  ca?: string
  cert?: string
  key?: string
  passphrase?: string
}): string | undefined {
  try {
    createSecureContext(parts)
    return undefined
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ERR_OSSL_X509_KEY_VALUES_MISMATCH') return 'the private key does not belong to the certificate'
    if (code !== 'ERR_OSSL_BAD_DECRYPT') return 'the private key cannot be read'
    return parts.passphrase === undefined ? 'the private key is encrypted' : 'the private key does not open'
  }
}

async function readRegular(path: string): Promise<{ ok: true; bytes: Buffer } | { ok: false; reason: string }> {
  try {
    // Non-blocking, so that a named pipe is refused instead of waited for.
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
    try {
      const facts = await file.stat()
      if (!facts.isFile()) return { ok: false, reason: 'not a regular file' }
      if (facts.size > MAX_STORE_BYTES) return { ok: false, reason: 'larger than 1 MiB' }
      return { ok: true, bytes: await file.readFile() }
    } finally {
      await file.close()
    }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    return { ok: false, reason: code === 'ENOENT' ? 'not found' : messageOf(error) }
  }
}

/** What a file is by its first bytes: the type in the properties file may be wrong or missing. */
export function formatOf(bytes: Buffer): 'PEM' | 'JKS' | 'PKCS12' | 'in a format that is not known' {
  const magic = bytes.length >= 4 ? bytes.readUInt32BE(0) : 0
  if (magic === 0xfeedfeed || magic === 0xcececece) return 'JKS'
  // A DER sequence whose first element is the integer 3 is the version of PKCS #12.
  if (bytes[0] === 0x30 && bytes.subarray(1, 10).includes(Buffer.from([0x02, 0x01, 0x03]))) return 'PKCS12'
  return bytes.includes('-----BEGIN ') ? 'PEM' : 'in a format that is not known'
}

function conversionOf(path: string, role: StoreRole, format: ReturnType<typeof formatOf>): string {
  const pem = `${path.replace(/\.(jks|p12|pfx|keystore|truststore)$/i, '')}.pem`
  const lines = `then write ssl.${role}.type=PEM and ssl.${role}.location=${pem}`
  if (role === 'truststore') {
    if (format === 'JKS') return `keytool -list -rfc -keystore ${quote(path)} > ${quote(pem)}   ${lines}`
    if (format === 'PKCS12') return `openssl pkcs12 -in ${quote(path)} -nokeys -out ${quote(pem)}   ${lines}`
    return 'a truststore is a file of PEM certificates'
  }
  const opened = `${lines}, and the pass phrase you choose as ssl.key.password`
  if (format === 'PKCS12') return `openssl pkcs12 -in ${quote(path)} -out ${quote(pem)}   ${opened}`
  if (format !== 'JKS') return 'a keystore is a file with a private key and its certificates in PEM'
  const p12 = `${path.replace(/\.(jks|keystore)$/i, '')}.p12`
  return `keytool -importkeystore -srckeystore ${quote(path)} -destkeystore ${quote(p12)} -deststoretype PKCS12 && openssl pkcs12 -in ${quote(p12)} -out ${quote(pem)}   ${opened}`
}

/** A path as a shell takes it. */
function quote(path: string): string {
  return /^[\w./+-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`
}
