// Finds the line and column of anything in a scenario file by its path, for error messages, rule annotations and plan problems.
import type { Place } from '../core/errors.ts'
import type { MapEntry, YamlNode } from './yaml.ts'

export type Path = readonly PropertyKey[]

export type Positions = {
  /** Where the value at a path stands: the value itself if it fits on a line, else its key; the nearest parent where the path does not exist. */
  placeOf(path: Path): Place
  /** Where the key at the end of a path stands. */
  placeOfKey(path: Path): Place
  /** Where the map or list at a path starts, for what is missing in it. */
  placeOfParent(path: Path): Place
  nodeAt(path: Path): YamlNode | undefined
  /** True where the path, or a parent of it, already has a problem. */
  isRefused(path: Path): boolean
}

type Found = { node: YamlNode; entry?: MapEntry; isWhole: boolean; isRefused: boolean }

const indexes = new WeakMap<YamlNode, Map<string, MapEntry>>()

/** The entries of a map by key, indexed once; of a repeated key the first counts. */
function entriesOf(node: Extract<YamlNode, { kind: 'map' }>): Map<string, MapEntry> {
  const index = indexes.get(node) ?? new Map(node.entries.toReversed().map(entry => [entry.key, entry]))
  indexes.set(node, index)
  return index
}

/** Follows a path as far as it goes. */
function follow(root: YamlNode, path: Path): Found {
  let found: Found = { node: root, isWhole: true, isRefused: root.refused }
  for (const step of path) {
    const { node } = found
    const entry = node.kind === 'map' ? entriesOf(node).get(String(step)) : undefined
    const next = entry?.value ?? (node.kind === 'list' ? node.items[Number(step)] : undefined)
    if (!next) return { ...found, isWhole: false }
    found = { node: next, ...(entry ? { entry } : {}), isWhole: true, isRefused: found.isRefused || next.refused }
  }
  return found
}

function startOf({ node, entry }: Found): number {
  const isOneLine = node.kind === 'scalar' ? node.source !== '' || node.value !== null : node.flow
  return entry && !isOneLine ? entry.keyAt : node.at
}

/** Positions of one parsed file. */
export function positionsOf(
  file: string,
  root: YamlNode | undefined,
  lineColumn: (offset: number) => { line: number; column: number },
): Positions {
  const at = (offset: number): Place => ({ file, ...lineColumn(offset) })
  if (!root) {
    const start = () => at(0)
    return { placeOf: start, placeOfKey: start, placeOfParent: start, nodeAt: () => undefined, isRefused: () => false }
  }
  return {
    placeOf: path => at(startOf(follow(root, path))),
    placeOfKey: path => {
      const found = follow(root, path)
      return at(found.isWhole && found.entry ? found.entry.keyAt : startOf(found))
    },
    placeOfParent: path => {
      const found = follow(root, path)
      return at(found.entry ? found.entry.keyAt : found.node.at)
    },
    nodeAt: path => {
      const found = follow(root, path)
      return found.isWhole ? found.node : undefined
    },
    isRefused: path => follow(root, path).isRefused,
  }
}

/** The tree as plain values for the schema; maps have no prototype, refused parts are left empty, of a repeated key the first counts. */
export function valueOf(node: YamlNode): unknown {
  if (node.kind === 'scalar') return node.value
  if (node.kind === 'list') return node.items.map(valueOf)
  const map: Record<string, unknown> = Object.create(null)
  for (const { key, value } of node.entries) if (!Object.hasOwn(map, key)) map[key] = valueOf(value)
  return map
}
