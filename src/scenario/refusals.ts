// What is refused before the schema looks: repeated and reserved keys, literal secrets, variables, odd characters and numbers.
import { plain, unsafeCharacter } from './show.ts'
import type { TextProblem } from './syntax.ts'
import type { ScalarNode, YamlNode } from './yaml.ts'

const RESERVED_KEYS = new Set(['__proto__', 'constructor', 'prototype'])
const SECRET_KEY =
  /(^|[._-])(password|passwd|pwd|secret|token|passphrase|credentials?|(api|access|private|secret|keystore|account)[._-]?key|jaas[._-]config)$/
const SECRET_TEXT =
  /LoginModule\s+(required|requisite|sufficient|optional)|-----BEGIN [A-Z ]*PRIVATE KEY-----|:\/\/[^\s/:@]+:[^\s/@]+@/
const REFERENCE = /\$\{(env|file|directory):[^}]*\}?/
const SHELL_VARIABLE = /\$\{[A-Z_][A-Z0-9_]*\}/
const SECRETS_HINT = 'put secrets into a client properties file and name it under cluster: command-config'

/** All refusals of a tree, which marks the refused parts so that nothing else is said about them. */
export function refusalsOf(
  root: YamlNode,
  lineColumn: (offset: number) => { line: number; column: number },
): TextProblem[] {
  const problems: TextProblem[] = []
  const refuse = (node: YamlNode, problem: TextProblem): void => {
    node.refused = true
    problems.push(problem)
  }
  const visit = (node: YamlNode, key: string): void => {
    if (node.kind === 'list') for (const item of node.items) visit(item, key)
    else if (node.kind === 'scalar') checkScalar(node, key, refuse)
    else visitMap(node)
  }
  const visitMap = (node: Extract<YamlNode, { kind: 'map' }>): void => {
    const seen = new Map<string, number>()
    for (const { key, keyAt, value } of node.entries) {
      const first = seen.get(key)
      if (first === undefined) seen.set(key, keyAt)
      else {
        const { line, column } = lineColumn(first)
        problems.push({
          code: 'E107',
          message: `${plain(key)} is given twice (first defined at ${line}:${column})`,
          hint: 'keep one of the two',
          offset: keyAt,
        })
      }
      const unsafe = unsafeCharacter(key)
      if (unsafe !== undefined)
        refuse(value, {
          code: 'E132',
          message: `the key ${plain(key)} holds the control character ${unsafe}`,
          hint: 'remove the character',
          offset: keyAt,
        })
      else if (RESERVED_KEYS.has(key))
        refuse(value, {
          code: 'E132',
          message: `the key ${key} is reserved`,
          hint: 'write another name',
          offset: keyAt,
        })
      else if (value.kind === 'scalar' && isSecretKey(key))
        refuse(value, {
          code: 'E132',
          message: `${plain(key)} would be a secret in the scenario file`,
          hint: SECRETS_HINT,
          offset: keyAt,
        })
      else visit(value, key)
    }
    node.entries = node.entries.filter(entry => !RESERVED_KEYS.has(entry.key))
  }
  visit(root, '')
  return problems
}

/** `sasl.jaas.config`, `clientSecret` and `api_key` name secrets; `delegation.token.max.lifetime.ms` does not. */
export function isSecretKey(key: string): boolean {
  return SECRET_KEY.test(key.replace(/([a-z0-9])([A-Z])/g, '$1.$2').toLowerCase())
}

function checkScalar(node: ScalarNode, key: string, refuse: (node: YamlNode, problem: TextProblem) => void): void {
  const problem =
    typeof node.value === 'number'
      ? numberProblem(node, node.value)
      : typeof node.value === 'string'
        ? textProblem(node.value, key)
        : undefined
  if (problem) refuse(node, { ...problem, offset: node.at })
}

type Found = Omit<TextProblem, 'offset'>

function numberProblem(node: ScalarNode, value: number): Found | undefined {
  const source = plain(node.source)
  if (!Number.isFinite(value))
    return { code: 'E115', message: `${source} is not a finite number`, hint: 'write a number' }
  if (Object.is(value, -0)) return { code: 'E115', message: `${source} is not a number to use`, hint: 'write 0' }
  if (Math.abs(value) > Number.MAX_SAFE_INTEGER)
    return {
      code: 'E119',
      message: `${source} cannot be represented exactly`,
      hint: `the largest whole number is ${Number.MAX_SAFE_INTEGER}`,
    }
  return undefined
}

function textProblem(text: string, key: string): Found | undefined {
  const unsafe = unsafeCharacter(text)
  if (unsafe !== undefined)
    return { code: 'E132', message: `the text holds the control character ${unsafe}`, hint: 'remove the character' }
  if (SECRET_TEXT.test(text)) return { code: 'E132', message: 'the text holds a secret', hint: SECRETS_HINT }
  const reference = REFERENCE.exec(text) ?? (key === 'template' ? null : SHELL_VARIABLE.exec(text))
  if (reference)
    return {
      code: 'E132',
      message: `${plain(reference[0])} is not filled in: scenarios read no variables`,
      hint: `write the value out; ${SECRETS_HINT}`,
    }
  return undefined
}
