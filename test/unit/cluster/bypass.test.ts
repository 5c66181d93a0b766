// Remote ends out of the kernel's socket tables: established ones only, IPv4 and mapped IPv6, of the sockets asked for.
import { describe, expect, it } from 'vitest'
import { remoteEnds } from '../../../src/cluster/links/bypass.ts'

const TABLES = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:4A9D 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 11 1 0 100 0 0 10 0
   1: 0100007F:4A9D 010A007F:4A9E 01 00000000:00000000 00:00000000 00000000     0        0 12 1 0 20 4 30 10 -1
   2: 0000000000000000FFFF00000100007F:C350 0000000000000000FFFF00000B07D50A:2385 01 00000000:00000000 00:00000000 00000000     0        0 13 1 0
   3: 0100007F:4A9D 0100007F:4A9F 06 00000000:00000000 00:00000000 00000000     0        0 0 1 0
`

describe('remote ends', () => {
  it('are those of established connections', () => {
    expect(remoteEnds(TABLES)).toEqual(['127.0.10.1:19102', '10.213.7.11:9093'])
  })

  it('can be limited to the sockets of one process', () => {
    expect(remoteEnds(TABLES, new Set(['12']))).toEqual(['127.0.10.1:19102'])
    expect(remoteEnds(TABLES, new Set(['11']))).toEqual([])
  })
})
