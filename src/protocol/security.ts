// Turns what drivers are given to log in with into what a connection takes.
import type { Sasl } from './sasl.ts'
import type { TlsOptions } from './socket.ts'

export type Security = { ssl?: unknown; sasl?: unknown }
export type ConnectionSecurity = { tls?: TlsOptions; sasl?: Sasl }

/** `ssl` is true or Node's TLS options, `sasl` names mechanism, username and password. */
export function securityOf(security: Security | undefined): ConnectionSecurity {
  const { ssl, sasl } = security ?? {}
  const tls = ssl === true ? {} : (ssl as TlsOptions | undefined)
  return { ...(tls ? { tls } : {}), ...(sasl ? { sasl: sasl as Sasl } : {}) }
}
