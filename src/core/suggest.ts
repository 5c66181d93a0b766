// "Did you mean": the nearest known word, by edit distance, spelling variants and beginnings.

const MAX_EDITS = 4
const MIN_BEGINNING = 4

/** Edits between two words: insert, delete, replace, or swap two neighbours. */
export function editDistance(a: string, b: string): number {
  let before: number[] = []
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const replace = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      let cost = Math.min(replace, (previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        cost = Math.min(cost, (before[j - 2] ?? 0) + 1)
      row.push(cost)
    }
    before = previous
    previous = row
  }
  return previous[b.length] ?? 0
}

function fold(word: string): string {
  return word.toLowerCase().replace(/[-_.\s]/g, '')
}

/** The known word that starts with this one up to a dot (`linger` stands for `linger.ms`; the shortest wins), or that this one starts with (`warning` stands for `warn`). */
function sameBeginning(word: string, known: readonly string[]): string | undefined {
  if (word.length < MIN_BEGINNING) return undefined
  const lower = word.toLowerCase()
  const longer = known.filter(candidate => candidate.toLowerCase().startsWith(`${lower}.`))
  const shorter = known.filter(
    candidate => candidate.length >= MIN_BEGINNING && lower.startsWith(candidate.toLowerCase()),
  )
  return longer.toSorted((a, b) => a.length - b.length)[0] ?? shorter.toSorted((a, b) => b.length - a.length)[0]
}

/** The known word closest to `word`, if close enough to be a likely typo; `maxEdits` narrows what counts as close. */
export function nearest(word: string, known: readonly string[], maxEdits = MAX_EDITS): string | undefined {
  const written = fold(word)
  if (written === '' || word.length > 100) return undefined
  let best: { word: string; edits: number } | undefined
  for (const candidate of known) {
    const edits = fold(candidate) === written ? 0 : editDistance(word.toLowerCase(), candidate.toLowerCase())
    if (!best || edits < best.edits) best = { word: candidate, edits }
  }
  if (!best) return undefined
  const allowed = Math.min(maxEdits, Math.max(1, Math.floor(best.word.length / 3)))
  const isFarFetched = best.edits >= Math.min(best.word.length, word.length)
  if (best.edits <= allowed && !isFarFetched) return best.word
  return sameBeginning(word, known)
}
