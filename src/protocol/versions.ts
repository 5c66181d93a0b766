// Compares what we speak with what a broker says that it speaks; a request in another version would only end the connection.
import type { Api } from './api.ts'
import type { ApiVersionRange } from './requests/api-versions.ts'
import { APIS } from './requests/index.ts'

type Versioned = Pick<Api<never, unknown>, 'name' | 'key' | 'version'>

/** What the broker cannot answer, each with the versions that it offers instead. */
export function unsupported(ranges: readonly ApiVersionRange[], apis: readonly Versioned[] = APIS): string[] {
  return apis.flatMap(({ name, key, version }) => {
    const range = ranges.find(candidate => candidate.key === key)
    if (range && range.min <= version && version <= range.max) return []
    return `${name} v${version} (the broker speaks ${range ? `v${range.min} to v${range.max}` : 'none'})`
  })
}
