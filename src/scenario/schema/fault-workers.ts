// What only shows beside the clients' sections: whether the workers exist that a fault strikes, and whether two faults strike the same.
import type { Target } from '../../chaos/target.ts'
import { listed } from '../show.ts'
import { addProblem, type Ctx, type Draft, part } from './common.ts'

/** Groups by the names that their workers have, with how many there are. */
function workerGroups(draft: Draft): Map<string, number> {
  const groups = new Map<string, number>()
  for (const group of part.list(draft['producers']).map(part.map))
    groups.set(part.text(group['name']) ?? '', part.number(group['workers']) ?? 1)
  for (const group of part.list(draft['consumers']).map(part.map)) {
    const [name, copies] = [part.text(group['name']) ?? '', part.number(group['groups']) ?? 1]
    for (let copy = 0; copy < copies; copy++)
      groups.set(copies === 1 ? name : `${name}-${copy}`, part.number(group['members']) ?? 1)
  }
  return groups
}

/** A worker that no group has is refused. */
export function checkWorker(
  target: { group: string; member?: number },
  path: (string | number)[],
  draft: Draft,
  ctx: Ctx,
): void {
  const groups = workerGroups(draft)
  const size = groups.get(target.group)
  if (size === undefined)
    return addProblem(ctx, 'E130', `no producers or consumers are named ${target.group}`, {
      path,
      hint: `groups: ${listed([...groups.keys()])}`,
    })
  if (target.member !== undefined && target.member >= size)
    addProblem(ctx, 'E130', `${target.group} has no worker ${target.member}`, {
      path,
      hint: `its workers go from 0 to ${size - 1}`,
    })
}

/** True where two targets share a worker; no worker is a node. */
export function meetsWorker(a: Target, b: Target): boolean {
  if (a.kind !== 'worker' || b.kind !== 'worker' || a.group !== b.group) return false
  return a.member === undefined || b.member === undefined || a.member === b.member
}
