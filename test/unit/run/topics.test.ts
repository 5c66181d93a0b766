// Retention on somebody else's disks: never longer or larger than asked, and never without an end.
import { describe, expect, it } from 'vitest'
import { boundRetention } from '../../../src/run/topics.ts'

const HOUR_MS = 3_600_000
const LEAST_BYTES = 64 * 1024 * 1024
const small = { durationMs: 60_000, bytes: 1000 }
const large = { durationMs: 3 * HOUR_MS, bytes: 10 * LEAST_BYTES }

describe('boundRetention', () => {
  it.each([
    ['nothing is asked for', {}, small, HOUR_MS, LEAST_BYTES],
    ['no end is asked for', { 'retention.ms': '-1', 'retention.bytes': '-1' }, small, HOUR_MS, LEAST_BYTES],
    ['more is asked for', { 'retention.ms': '604800000', 'retention.bytes': '1e15' }, small, HOUR_MS, LEAST_BYTES],
    ['less is asked for', { 'retention.ms': '5000', 'retention.bytes': '1024' }, small, 5000, 1024],
    ['the trial is long and large', {}, large, 6 * HOUR_MS, 20 * LEAST_BYTES],
  ])('%s', (_, config, trial, retentionMs, retentionBytes) => {
    expect(boundRetention({ 'cleanup.policy': 'delete', ...config }, trial)).toEqual({
      'cleanup.policy': 'delete',
      'retention.ms': String(retentionMs),
      'retention.bytes': String(retentionBytes),
    })
  })
})
