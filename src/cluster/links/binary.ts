// Finds Toxiproxy as a program: the one that TOXIPROXY names, else a cache that Go fills once per version.
import { randomBytes } from 'node:crypto'
import { access, constants, mkdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { HarnessError, messageOf } from '../../core/errors.ts'
import { TOXIPROXY_VERSION } from '../images/names.ts'
import { installToxiproxy } from '../images/workshop.ts'
import { cacheDirectory } from '../places.ts'

/** The path of the server program; E312 where it is not here and cannot be built. */
export async function findToxiproxy(
  env: NodeJS.ProcessEnv = process.env,
  onProgress?: (text: string) => void,
): Promise<string> {
  const given = env['TOXIPROXY']
  if (given) {
    if (await isProgram(given)) return given
    throw new HarnessError({
      code: 'E312',
      message: `TOXIPROXY: ${given} is not a program`,
      hint: 'point it at toxiproxy-server, or unset it',
    })
  }
  const directory = join(cacheDirectory(env), 'toxiproxy', TOXIPROXY_VERSION)
  const program = join(directory, 'server')
  if (await isProgram(program)) return program
  onProgress?.(`building Toxiproxy ${TOXIPROXY_VERSION} (once)`)
  // Built apart and renamed, so that two runs at once both end with a whole program.
  const own = `${directory}.${randomBytes(6).toString('hex')}`
  await mkdir(own, { recursive: true })
  try {
    await installToxiproxy(own)
    await mkdir(directory, { recursive: true })
    await rename(join(own, 'server'), program)
    return program
  } catch (error) {
    throw new HarnessError(
      {
        code: 'E312',
        message: `no Toxiproxy ${TOXIPROXY_VERSION}: ${messageOf(error)}`,
        hint: 'install Go (Debian, Ubuntu: apt-get install golang-go), or point TOXIPROXY at a toxiproxy-server',
      },
      { cause: error },
    )
  } finally {
    await rm(own, { recursive: true, force: true })
  }
}

function isProgram(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  )
}
