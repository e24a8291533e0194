/** The checker finds what breaks a promise, and nothing where all are kept. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { INVARIANTS, check } from '../../chaos/check/check.ts';
import { story } from '../../chaos/check/story.ts';
import {
  acquire,
  broken,
  call,
  FILE,
  history,
  lease,
  LEASE,
  lived,
  provider,
  STORE,
  trouble,
} from './told.ts';

const asked = { fence: LEASE };
const tracked = (at: number) => call(at, 'track', { asked: { files: [FILE], paths: [] } });
const filesLeft = { files: ['file-foreign', 'file-2'] };

describe('a history that keeps every promise', () => {
  test.each([
    ['acquire and run out', [...acquire(17_000), ...lived()], {}],
    ['acquire, renew, run out', [...acquire(1_000), ...call(17_300, 'renew'), ...lived()], {}],
    [
      'released early',
      [...acquire(19_000), ...call(20_000, 'release'), ...lived(), ...call(20_600, 'renew', { status: 404 })],
      {},
    ],
    [
      'a release that nobody answered took effect late',
      [...call(18_000, 'release', { status: null }), ...acquire(19_000), ...trouble2(), ...lived()],
      {},
    ],
    [
      'a file tracked and deleted with its lease',
      [...acquire(17_000), ...tracked(17_100), ...lived(), provider(20_300, 'delete_file')],
      filesLeft,
    ],
    [
      'left over and on the list',
      [...acquire(17_000), ...stuckAndLeft()],
      { stores: [STORE, 'vs_foreign', 'vs_offered'] },
    ],
    [
      'protected until unprotected',
      [...acquire(1_000), ...call(2_000, 'protect'), ...call(17_000, 'unprotect'), ...lived()],
      {},
    ],
    [
      'a store that vanished, and a delete that lied',
      [
        ...acquire(17_000),
        provider(1_000, 'create_store', { fault: 'appear_late' }),
        { ...trouble(17_500, 'vanish', 'begin'), detail: `vanish ${STORE}` },
        provider(18_000, 'delete_store', { effect: 'none', status: 404 }),
        lease({ stores: [STORE, 'vs_b'] }),
        provider(1_100, 'create_store', { target: 'vs_b' }),
        provider(20_400, 'delete_store', { target: 'vs_b', effect: 'none', fault: 'delete_noop' }),
        provider(24_000, 'delete_store', { target: 'vs_b' }),
      ],
      {},
    ],
    [
      'a second store that an uncertain create made and nobody was told of',
      [
        ...acquire(17_000),
        ...lived(),
        provider(16_000, 'create_store', { target: 'vs_b' }),
        provider(18_000, 'delete_store', { target: 'vs_b' }),
        provider(15_990, 'list_stores', { fault: 'empty_list' }),
      ],
      {},
    ],
    [
      'long silence of a paused api',
      [
        ...call(1_000, 'look', { tookMs: 14_000 }),
        trouble(1_100, 'pause api', 'begin'),
        trouble(9_000, 'pause api', 'end'),
        ...lived(),
      ],
      {},
    ],
  ])('%s', (_name, records, left) => {
    expect(check(history(records, left))).toEqual([]);
  });
});

/** The api was killed when the answer was lost. */
function trouble2() {
  return [trouble(17_900, 'kill api', 'begin'), trouble(18_500, 'kill api', 'end')];
}

function stuckAndLeft() {
  const refused = { effect: 'none', status: 401 } as const;
  return [
    provider(1_000, 'create_store'),
    provider(20_400, 'delete_store', refused),
    lease({ state: 'draining', stuck: true, closedAt: null }),
  ];
}

describe('a history that breaks', () => {
  test.each([
    ['ttl-kept', 'a store too early', [...acquire(18_000), ...lived()], {}],
    ['ttl-kept', 'a store although renewed', [...acquire(17_000), ...call(17_500, 'renew'), ...lived()], {}],
    [
      'ttl-kept',
      'a delete that the provider refused',
      [...acquire(17_000), provider(18_000, 'delete_store', { effect: 'none', status: 500 }), ...lived()],
      {},
    ],
    [
      'ttl-kept',
      'a protected one',
      [...acquire(1_000), ...call(2_000, 'protect'), ...call(19_000, 'release'), ...lived()],
      {},
    ],
    [
      'ttl-kept',
      'a release of another lease is no excuse',
      [...acquire(19_000), ...call(20_000, 'release', { asked: { fence: 'lease-b' } }), ...lived()],
      {},
    ],
    [
      'ttl-kept',
      'a tracked file too early',
      [...acquire(17_000), ...tracked(17_300), provider(19_000, 'delete_file'), ...lived()],
      filesLeft,
    ],
    [
      'ttl-kept',
      'a file that another lease still holds',
      [
        ...acquire(1_000),
        ...tracked(1_100),
        ...call(17_000, 'track', { lease: 'lease-b', asked: { session: 't', files: [FILE], paths: [] } }),
        provider(19_000, 'delete_file'),
        ...lived(),
      ],
      filesLeft,
    ],
    [
      'lease-kept',
      'a renewal turned away',
      [...acquire(17_000), ...call(18_000, 'renew', { status: 404 }), ...lived()],
      {},
    ],
    [
      'one-live-store',
      'two leases at once',
      [
        ...acquire(17_000),
        ...acquire(18_000, { lease: 'lease-b', body: { vector_store_id: 'vs_b' } }),
        ...lived(),
      ],
      {},
    ],
    [
      'one-live-store',
      'two stores of one lease',
      [
        ...acquire(15_000),
        ...acquire(16_000, { body: { vector_store_id: 'vs_b', reused: true } }),
        ...lived(),
      ],
      {},
    ],
    ['one-create', 'new twice', [...acquire(15_000), ...acquire(15_100), ...lived()], {}],
    [
      'adopts-what-is-there',
      'a second store beside the first',
      [
        ...lived(),
        provider(12_000, 'create_store', { target: 'vs_b' }),
        provider(20_300, 'delete_store', { target: 'vs_b' }),
      ],
      {},
    ],
    [
      'everything-deleted-or-stuck',
      'a store left',
      [provider(1_000, 'create_store'), lease({ closedAt: null, state: 'draining' })],
      { stores: [STORE, 'vs_foreign', 'vs_offered'] },
    ],
    [
      'everything-deleted-or-stuck',
      'a file that a client put into its store',
      [
        ...lived(),
        ...acquire(15_000),
        {
          type: 'attach',
          at: 15_500,
          end: 15_510,
          id: 0,
          client: '0',
          session: 's',
          store: STORE,
          files: ['file-own'],
          ok: true,
        } as const,
      ],
      { files: ['file-foreign', FILE, 'file-2', 'file-own'] },
    ],
    ['everything-deleted-or-stuck', 'a file left', [...acquire(17_000), ...tracked(17_100), ...lived()], {}],
    [
      'closed-means-gone',
      'closed before the delete',
      [provider(1_000, 'create_store'), provider(21_000, 'delete_store'), lease()],
      {},
    ],
    [
      'drained-in-the-end',
      'a lease still active',
      [lease({ state: 'active', closedAt: null })],
      { drained: false },
    ],
    [
      'foreign-untouched',
      'a delete sent',
      [provider(5_000, 'delete_store', { target: 'vs_foreign', effect: 'none' })],
      {},
    ],
    ['foreign-untouched', 'a file gone', [], { files: [FILE, 'file-2'] }],
    [
      'foreign-untouched',
      'offered and never given',
      [provider(5_000, 'delete_store', { target: 'vs_offered' })],
      {},
    ],
    [
      'capacity-kept',
      'more stores than there are places',
      ['vs_1', 'vs_2', 'vs_3'].map((target) =>
        provider(1_000, 'create_store', { target, lease: `lease-${target}` }),
      ),
      {},
    ],
    ['answered-in-bounds', 'a slow renewal', [...call(1_000, 'renew', { tookMs: 6_000, status: 404 })], {}],
    [
      'answers-in-contract',
      'an internal error',
      [...call(1_000, 'renew', { status: 500, code: 'INTERNAL' })],
      {},
    ],
    ['answers-in-contract', 'a broken connection', [...call(1_000, 'renew', { status: null })], {}],
    [
      'released-stays-ended',
      'renewed after its release',
      [...acquire(15_000), ...call(16_000, 'release'), ...call(16_500, 'renew'), ...lived()],
      {},
    ],
    [
      'fenced',
      'answered for another lease',
      [...call(16_000, 'renew', { asked: { fence: 'lease-b' } }), ...lived()],
      {},
    ],
    ['full-lease-answered', 'less than a lease', [...call(1_000, 'renew', { seconds: 1 })], {}],
    [
      'tracked-is-listed',
      'a file forgotten',
      [
        ...acquire(15_000),
        ...tracked(15_100),
        ...acquire(15_500, { body: { vector_store_id: STORE, reused: true, files: [], file_paths: [] } }),
        ...lived(),
        provider(20_300, 'delete_file'),
      ],
      filesLeft,
    ],
    ['nobody-dies-alone', 'a death', [trouble(5_000, 'death', 'begin', -1)], {}],
  ])('%s: %s', (name, _what, records, left) => {
    expect(broken(records, left)).toContain(name);
  });
});

it('every invariant is broken by a history here, or by one of uploads', () => {
  const here = [import.meta.filename, join(import.meta.dirname, 'check-uploads.test.ts')];
  const shown = here.map((file) => readFileSync(file, 'utf8')).join('');
  for (const { name } of INVARIANTS) expect(shown, name).toMatch(new RegExp(`\\['?\\s*'${name}',`));
});

it('tells the story of a violation: who called, what the provider was told, what went wrong', () => {
  const records = [...acquire(17_000, { asked }), ...call(17_500, 'renew'), ...trouble2(), ...lived()];
  const told = history(records);
  const [finding] = check(told);
  if (finding === undefined) throw new Error('nothing found');
  const text = story(told, finding);
  for (const part of ['renew', 'delete_store', 'kill api', 'ttl-kept']) expect(text).toContain(part);
  expect(text.split('\n').length).toBeLessThan(20);
});
