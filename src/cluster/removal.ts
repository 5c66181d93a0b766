// How things of one kind are removed: containers one after the other, everything else at once.

/**
 * An engine that takes several containers off the same networks at once can lose count of a network's endpoints, and then
 * refuses to remove it until it is restarted itself (moby issue 42119; seen once with Docker 20.10). In turn they cost 15 % more.
 */
export async function removeEach<T>(
  kind: string,
  things: readonly T[],
  remove: (thing: T) => Promise<void>,
): Promise<void> {
  if (kind === 'container') for (const thing of things) await remove(thing)
  else await Promise.all(things.map(remove))
}
