// Preloaded by a test: writes every module that is resolved to the file named by GAUNTLET_MODULE_LOG.
import { appendFileSync } from 'node:fs'
import { registerHooks } from 'node:module'

registerHooks({
  resolve(specifier, context, next) {
    const found = next(specifier, context)
    appendFileSync(process.env.GAUNTLET_MODULE_LOG, `${found.url}\n`)
    return found
  },
})
