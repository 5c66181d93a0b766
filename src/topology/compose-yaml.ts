// Writes the YAML of compose files: maps, lists of scalars or flat maps, and quoted text; nothing more is needed.

export type Value = string | number | boolean | Block
export type Block = { [key: string]: Value | readonly Value[] }

/** Block-style YAML; texts are quoted as JSON, which YAML reads alike. */
export function renderYaml(block: Block, depth = 0): string {
  const indent = '  '.repeat(depth)
  return Object.entries(block)
    .map(([key, value]) => {
      if (Array.isArray(value)) return `${indent}${key}:\n${value.map(item => `${indent}  - ${flow(item)}\n`).join('')}`
      if (typeof value === 'object') return `${indent}${key}:\n${renderYaml(value as Block, depth + 1)}`
      return `${indent}${key}: ${flow(value)}\n`
    })
    .join('')
}

function flow(value: Value): string {
  if (typeof value !== 'object') return JSON.stringify(value)
  return `{ ${Object.entries(value)
    .map(([key, item]) => `${key}: ${JSON.stringify(item)}`)
    .join(', ')} }`
}
