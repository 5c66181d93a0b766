// One history per anomaly of the table A1 to A18, in which it and nothing else went wrong.
import type { GroupHistory, History } from '../../../src/verify/history.ts'
import { type GroupSpec, groupOf, simple, T0_US, type TruthSpec } from './histories.ts'
import { transformed } from './transformed.ts'

const WHOLE: TruthSpec[] = [{ seq0: 0, n: 20, offset0: 0 }]

function withGroup(truth: TruthSpec[], did: GroupSpec[], change: Partial<GroupHistory> = {}): History {
  const history = simple([{ seq0: 0, n: 20, offset0: 0 }], truth, { endOffset: 20 })
  return { ...history, groups: [groupOf(did, change)] }
}

/** A member that processed these offsets and counts, one after the other. */
const read = (parts: [number, number][], change: Partial<GroupHistory> = {}): History =>
  withGroup(
    WHOLE,
    parts.map(([offset, n]) => ({ kind: 'processed', offset, n })),
    change,
  )

/** One history per anomaly, how many records it is about, and their offsets. */
export const PLANTED: [string, string, History, number, [number, number][]][] = [
  [
    'lost',
    'records missing at the end of the log, as a truncation leaves it',
    simple([{ seq0: 0, n: 30, offset0: 0 }], [{ seq0: 0, n: 20, offset0: 0 }]),
    10,
    [[20, 30]],
  ],
  [
    'duplicated',
    'a batch stored twice',
    simple(
      [{ seq0: 0, n: 30, offset0: 0 }],
      [
        { seq0: 0, n: 30, offset0: 0 },
        { seq0: 10, n: 5, offset0: 30 },
      ],
    ),
    5,
    [[30, 35]],
  ],
  [
    'reordered',
    'a batch behind the next one',
    simple(
      [
        { seq0: 0, n: 10, offset0: 0 },
        { seq0: 20, n: 10, offset0: 10 },
        { seq0: 10, n: 10, offset0: 20 },
      ],
      [
        { seq0: 0, n: 10, offset0: 0 },
        { seq0: 20, n: 10, offset0: 10 },
        { seq0: 10, n: 10, offset0: 20 },
      ],
    ),
    10,
    [[20, 30]],
  ],
  [
    'offset clash',
    'an acknowledgement that names another offset than the record has',
    simple(
      [
        { seq0: 0, n: 10, offset0: 0 },
        { seq0: 10, n: 10, offset0: 40 },
      ],
      [{ seq0: 0, n: 20, offset0: 0 }],
    ),
    10,
    [[40, 50]],
  ],
  [
    'phantom',
    'stored records that no producer knows of',
    simple([{ seq0: 0, n: 20, offset0: 0 }], [{ seq0: 0, n: 25, offset0: 0 }]),
    5,
    [],
  ],
  [
    'phantom',
    'a record of somebody else',
    simple(
      [{ seq0: 0, n: 20, offset0: 0 }],
      [
        { seq0: 0, n: 20, offset0: 0 },
        { n: 1, offset0: 20, state: 'foreign', detail: 1 },
      ],
    ),
    1,
    [[20, 21]],
  ],
  [
    'corrupt',
    'a batch whose checksum does not hold',
    simple(
      [{ seq0: 0, n: 20, offset0: 0 }],
      [
        { seq0: 0, n: 20, offset0: 0 },
        { n: 3, offset0: 20, state: 'corrupt', detail: 3 },
      ],
    ),
    3,
    [[20, 23]],
  ],
  [
    'failed yet stored',
    'a write that surely failed, stored',
    simple(
      [
        { seq0: 0, n: 20, offset0: 0 },
        { seq0: 20, n: 4, state: 'failed' },
      ],
      [{ seq0: 0, n: 24, offset0: 0 }],
    ),
    4,
    [],
  ],
  [
    'torn transaction',
    'a transaction of which one part is stored and another aborted',
    simple(
      [{ seq0: 0, n: 20, offset0: 0 }],
      [
        { seq0: 0, n: 12, offset0: 0, transaction: 5 },
        { seq0: 12, n: 8, offset0: 12, transaction: 5, state: 'aborted' },
      ],
    ),
    8,
    [],
  ],
  [
    'zombie write',
    'an older producer epoch behind a newer one',
    simple(
      [{ seq0: 0, n: 20, offset0: 0 }],
      [
        { seq0: 0, n: 12, offset0: 0, producerEpoch: 2 },
        { seq0: 12, n: 8, offset0: 12, producerEpoch: 1 },
      ],
    ),
    8,
    [[12, 20]],
  ],
  [
    'stuck transaction',
    'a transaction that nobody ended',
    simple(
      [{ seq0: 0, n: 20, offset0: 0 }],
      [
        { seq0: 0, n: 12, offset0: 0 },
        { seq0: 12, n: 8, offset0: 12, transaction: 1, state: 'pending' },
      ],
    ),
    8,
    [[12, 20]],
  ],
  [
    'forbidden success',
    'an acknowledgement while too few replicas were in sync all the time',
    {
      ...simple([{ seq0: 0, n: 20, offset0: 0 }], [{ seq0: 0, n: 20, offset0: 0 }]),
      belowMinIsr: [{ topic: 0, partition: 0, fromUs: T0_US - 1, toUs: T0_US + 1001 }],
    },
    20,
    [[0, 20]],
  ],
  ['unseen', 'a record that a group at its end never processed', read([[0, 15]], { reachedEnd: true }), 5, [[15, 20]]],
  [
    'skipped',
    'a member that jumps ahead',
    read([
      [0, 5],
      [8, 12],
    ]),
    3,
    [[5, 8]],
  ],
  [
    'rewound',
    'a member that falls back',
    read([
      [0, 10],
      [6, 4],
    ]),
    4,
    [[6, 10]],
  ],
  ['read then lost', 'a record that was read and is gone', read([[0, 25]]), 5, [[20, 25]]],
  [
    'aborted yet read',
    'a record of an aborted transaction that was read as committed',
    withGroup(
      [
        { seq0: 0, n: 12, offset0: 0 },
        { seq0: 12, n: 8, offset0: 12, transaction: 1, state: 'aborted' },
      ],
      [{ kind: 'processed', offset: 0, n: 20 }],
      { readsCommitted: true },
    ),
    8,
    [[12, 20]],
  ],
  [
    'group duplicate',
    'records processed again after a handover',
    withGroup(WHOLE, [
      { kind: 'assigned', member: 0 },
      { kind: 'processed', member: 0, offset: 0, n: 10 },
      { kind: 'committed', member: 0, offset: 7 },
      { kind: 'revoked', member: 0 },
      { kind: 'assigned', member: 1 },
      { kind: 'processed', member: 1, offset: 7, n: 13 },
    ]),
    3,
    [[7, 10]],
  ],
  [
    'group skip',
    'a handover that goes on behind records nobody processed',
    withGroup(WHOLE, [
      { kind: 'assigned', member: 0 },
      { kind: 'processed', member: 0, offset: 0, n: 7 },
      { kind: 'committed', member: 0, offset: 7 },
      { kind: 'revoked', member: 0 },
      { kind: 'assigned', member: 1 },
      { kind: 'processed', member: 1, offset: 11, n: 9 },
    ]),
    4,
    [[7, 11]],
  ],
  [
    'commit out of line',
    'a commit that goes back',
    withGroup(WHOLE, [
      { kind: 'processed', offset: 0, n: 20 },
      { kind: 'committed', offset: 20 },
      { kind: 'committed', offset: 15 },
    ]),
    5,
    [[15, 20]],
  ],
  [
    'commit out of line',
    'a commit behind records that were not processed',
    withGroup(WHOLE, [
      { kind: 'processed', offset: 0, n: 15 },
      { kind: 'committed', offset: 20 },
    ]),
    5,
    [[15, 20]],
  ],
  [
    'untransformed',
    'input that was read and committed, and of which nothing was written',
    transformed({
      second: [
        { producer: 1, seq0: 0, n: 5, offset0: 0, transaction: 1 },
        { producer: 2, seq0: 0, n: 3, offset0: 5, transaction: 2 },
      ],
      told: 3,
    }),
    2,
    [
      [7, 8],
      [9, 10],
    ],
  ],
  [
    'double ownership',
    'a member that goes on after the partition was given to another',
    withGroup(WHOLE, [
      { kind: 'assigned', member: 0 },
      { kind: 'processed', member: 0, offset: 0, n: 10 },
      { kind: 'assigned', member: 1 },
      { kind: 'processed', member: 0, offset: 10, n: 10 },
    ]),
    10,
    [[10, 20]],
  ],
]
