// Keys, values and headers of the records that a producer group writes.
import * as z from 'zod'
import { nearest } from '../../core/suggest.ts'
import { formatBytes } from '../../core/units.ts'
import { show } from '../show.ts'
import { addProblem, type Ctx, count, type Draft, duration, evenIfBroken, part, ratio, size } from './common.ts'

/** Bytes the envelope takes at the head of a value. */
export const ENVELOPE_BYTES = 40

const MAX_VALUE_BYTES = 256 * 1_048_576
const MAX_ZIPF_KEYS = 1_000_000

/** A size that one record can have. */
export const recordSize = size.superRefine((bytes, ctx) => {
  if (bytes > MAX_VALUE_BYTES)
    addProblem(ctx, 'E121', `must be at most ${formatBytes(MAX_VALUE_BYTES)}, got ${formatBytes(bytes)}`, {
      hint: 'write a smaller size',
    })
})

function checkSpread(draft: Draft, ctx: Ctx): void {
  const [min, max, median] = [part.number(draft['min']), part.number(draft['max']), part.number(draft['median'])]
  if (min !== undefined && max !== undefined && min > max) {
    const path = { path: ['min'], relatedPath: ['max'] }
    addProblem(ctx, 'E128', `min ${formatBytes(min)} is above max ${formatBytes(max)}`, { ...path, hint: 'swap them' })
  } else if (median !== undefined && (median < (min ?? 0) || median > (max ?? median))) {
    const path = { path: ['median'], relatedPath: ['min'] }
    addProblem(ctx, 'E128', `median ${formatBytes(median)} is not between min and max`, {
      ...path,
      hint: 'write a size between them',
    })
  }
  if (draft['distribution'] === 'lognormal' && draft['median'] === undefined)
    addProblem(ctx, 'E133', 'lognormal needs the key median', { hint: 'add median: 1KiB' })
  if (draft['distribution'] === 'uniform' && draft['median'] !== undefined)
    addProblem(ctx, 'E128', 'median belongs to lognormal, not to uniform', {
      path: ['median'],
      relatedPath: ['distribution'],
      hint: 'remove median, or write distribution: lognormal',
    })
}

const sizeDistribution = z
  .strictObject({
    distribution: z.enum(['uniform', 'lognormal']).describe('How sizes spread'),
    min: recordSize,
    max: recordSize,
    median: recordSize.describe('Only for lognormal').optional(),
    sigma: z.number().positive().max(5).describe('Only for lognormal: spread on the log scale').default(0.5),
  })
  .superRefine(...evenIfBroken(checkSpread))

export type SizeSpec = number | z.output<typeof sizeDistribution>

function checkZipf(draft: Draft, ctx: Ctx): void {
  const cardinality = part.number(draft['cardinality']) ?? 0
  if (draft['distribution'] !== 'zipf' || cardinality <= MAX_ZIPF_KEYS) return
  addProblem(ctx, 'E121', `zipf draws from at most 1M keys, got ${cardinality}`, {
    path: ['cardinality'],
    hint: 'write 1M, or distribution: uniform',
  })
}

export const keysSchema = z
  .union([
    z.literal('none'),
    z
      .strictObject({
        distribution: z.enum(['uniform', 'zipf']).describe('How keys are drawn'),
        cardinality: count.describe('Number of distinct keys'),
        exponent: z.number().positive().max(10).describe('Skew of zipf').default(1),
        prefix: z.string().max(64).describe('Text before the number: device- gives device-17').default('key-'),
      })
      .superRefine(...evenIfBroken(checkZipf)),
  ])
  .default('none')
  .describe('none, or drawn keys that choose the partition by murmur2, as Java does')

const PLACEHOLDERS: Readonly<Record<string, { form: RegExp; example: string }>> = {
  seq: { form: /^$/, example: '{seq}' },
  key: { form: /^$/, example: '{key}' },
  now: { form: /^$/, example: '{now}' },
  int: { form: /^:-?\d+:-?\d+$/, example: '{int:1:100}' },
  hex: { form: /^:\d+$/, example: '{hex:16}' },
}

/** Finds placeholders that are misspelt or miss their arguments; braces around anything else are plain text. */
function checkTemplate(template: string, ctx: Ctx): void {
  for (const [whole, name = '', rest = ''] of template.matchAll(/\{([A-Za-z]+)((?::[^{}\s]*)?)\}/g)) {
    const known = Object.hasOwn(PLACEHOLDERS, name) ? PLACEHOLDERS[name] : undefined
    const near = known ? undefined : nearest(name, Object.keys(PLACEHOLDERS), 1)
    const meant = known ?? (near === undefined ? undefined : PLACEHOLDERS[near])
    if (!meant) continue
    if (!known || !known.form.test(rest)) {
      addProblem(ctx, 'E122', `${show(whole)} is not a placeholder`, { hint: `did you mean ${meant.example}?` })
      continue
    }
    const [low, high] = rest.slice(1).split(':').map(Number)
    if (name === 'int' && low !== undefined && high !== undefined && low > high)
      addProblem(ctx, 'E128', `${show(whole)} begins above its end`, { hint: `write {int:${high}:${low}}` })
  }
}

export const compressibleSchema = ratio
  .superRefine((value, ctx) => {
    if (value === 1) addProblem(ctx, 'E121', `must be below 100%`, { hint: 'write 99%, or less' })
  })
  .describe('Share of a value that a codec can remove')

export const valuesSchema = z
  .strictObject({
    size: z
      .union([recordSize, sizeDistribution])
      .describe('Bytes of a value, envelope included: 100B, or a distribution')
      .prefault('100B'),
    compressible: compressibleSchema.prefault(0.5),
    template: z
      .string()
      .max(65_536)
      .describe('Text with {seq}, {key}, {int:a:b}, {hex:n}, {now}; padded to size')
      .superRefine(checkTemplate)
      .optional(),
  })
  .prefault({})

export const headersSchema = z
  .strictObject({
    count: z.int().min(0).max(100).describe('Headers per record').default(0),
    size: recordSize.describe('Bytes of a header’s value').prefault('16B'),
  })
  .prefault({})

export const recordShape = {
  keys: keysSchema,
  values: valuesSchema.describe('What a value holds'),
  headers: headersSchema.describe('Headers of a record'),
  envelope: z.enum(['value', 'header']).describe('Where sequence and intended time travel').default('value'),
  verify: z.enum(['records', 'counts']).describe('counts: values may be smaller than the envelope').default('records'),
}

export const processingSchema = z
  .strictObject({
    delay: duration.describe('Work per handling').prefault('0ms'),
    handling: z.enum(['batch', 'message']).describe('What one handling takes').default('batch'),
  })
  .prefault({})
  .describe('What a reader does with records')
