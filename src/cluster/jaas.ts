// Reads the one line of JAAS that Kafka's clients take, and never repeats any of it: passwords stand in it.

export type Sasl = { mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'; username: string; password: string }

export type JaasResult = { ok: true; sasl: Sasl } | { ok: false; reason: string; hint: string }

type Mechanism = { name: Sasl['mechanism']; module: string }

/** Kafka's name of each mechanism that can be used, and the login module that belongs to it. */
const MECHANISMS: Readonly<Record<string, Mechanism>> = {
  PLAIN: { name: 'plain', module: 'org.apache.kafka.common.security.plain.PlainLoginModule' },
  'SCRAM-SHA-256': { name: 'scram-sha-256', module: 'org.apache.kafka.common.security.scram.ScramLoginModule' },
  'SCRAM-SHA-512': { name: 'scram-sha-512', module: 'org.apache.kafka.common.security.scram.ScramLoginModule' },
}

/** The mechanisms that can be used, by Kafka's own names. */
export const SASL_MECHANISMS = Object.keys(MECHANISMS)

const FLAGS = ['required', 'requisite', 'sufficient', 'optional']
/** Java's own escapes in quoted text; anything else after a backslash stands for itself. */
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', f: '\f', b: '\b' }

/** Login module and options → what a client needs; the mechanism must be one of SASL_MECHANISMS. */
export function readJaas(text: string, mechanismName: string): JaasResult {
  const mechanism = MECHANISMS[mechanismName]
  if (!mechanism) throw new RangeError(`not a mechanism that can be used: ${mechanismName}`)
  const example = `${mechanism.module} required username="…" password="…";`
  const refuse = (reason: string): JaasResult => ({ ok: false, reason, hint: `write ${example}` })
  const tokens = tokenize(text)
  if (!tokens) return refuse('has a quote that is not closed')
  const [module, flag, ...rest] = tokens
  if (module?.text !== mechanism.module)
    return refuse(`does not begin with the login module of sasl.mechanism=${mechanismName}`)
  if (!FLAGS.includes(flag?.text.toLowerCase() ?? '')) return refuse('has no word “required” after the login module')
  const end = rest.findIndex(token => token.text === ';' && !token.quoted)
  if (end < 0) return refuse('does not end with a semicolon')
  if (end < rest.length - 1) return refuse('has more than one login module')
  const options = optionsOf(rest.slice(0, end))
  if (!options) return refuse('has an option that is not name=value')
  const [username, password] = [options.get('username'), options.get('password')]
  if (options.get('tokenauth') === 'true') return refuse('asks for a delegation token, which no driver can use yet')
  if (!username) return refuse('has no username')
  if (!password) return refuse('has no password')
  return { ok: true, sasl: { mechanism: mechanism.name, username, password } }
}

type Token = { text: string; quoted: boolean }

/** Words, quoted texts and the signs = and ; in order; undefined where a quote stays open. */
function tokenize(text: string): Token[] | undefined {
  const tokens: Token[] = []
  const pattern = /\s+|"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|([=;])|([^\s"'=;]+)/gsy
  while (pattern.lastIndex < text.length) {
    const match = pattern.exec(text)
    if (!match) return undefined
    const [, double, single, sign, word] = match
    const quoted = double ?? single
    if (quoted !== undefined)
      tokens.push({ text: quoted.replace(/\\(.)/gs, (_, c: string) => ESCAPES[c] ?? c), quoted: true })
    else if (sign ?? word) tokens.push({ text: sign ?? word ?? '', quoted: false })
  }
  return tokens
}

function optionsOf(tokens: readonly Token[]): Map<string, string> | undefined {
  const options = new Map<string, string>()
  for (let at = 0; at < tokens.length; at += 3) {
    const [name, equals, value] = tokens.slice(at, at + 3)
    if (!name || name.quoted || equals?.text !== '=' || equals.quoted || !value) return undefined
    options.set(name.text, value.text)
  }
  return options
}
