// gauntlet images build: makes the container images on this machine, for where none can be pulled.
import { EXIT, HarnessError } from '../../core/errors.ts'
import { KAFKA_DEFAULT_VERSION } from '../../scenario/schema/cluster.ts'
import type { CommandInput } from '../commands.ts'

/** Builds the images; says what each step takes. */
export async function execute({ positionals, options, io }: CommandInput): Promise<number> {
  if (positionals[0] !== 'build')
    throw new HarnessError({
      code: 'E201',
      message: `images ${positionals[0]} is not an action`,
      hint: 'gauntlet images build',
    })
  const { buildImages } = await import('../../cluster/images.ts')
  const only = options.only as 'kafka' | 'toxiproxy' | undefined
  const built = await buildImages({
    version: options.kafka ?? KAFKA_DEFAULT_VERSION,
    onProgress: text => io.line(io.style('dim', text)),
    ...(only ? { which: [only] } : {}),
  })
  for (const image of built)
    io.line(`${io.style('green', 'ready')}  ${image.name}${image.reused ? ' (already there)' : ''}`)
  return EXIT.pass
}
