import type { FaultRule, Operation } from '../../../simulator/contract.ts';
import type { Chance } from '../random.ts';
import { VICTIMS, type Planned, type Trouble, type Victim } from './contract.ts';

const LEAST_TROUBLES = 4;
const MOST_TROUBLES = 8;
const LEAST_KINDS = 3;

const HOUR_MS = 3_600_000;

/** Calls of the service at the provider, by what they are for. */
const OPERATIONS: readonly (readonly [number, Operation])[] = [
  [4, 'create_store'],
  [3, 'delete_store'],
  [3, 'delete_file'],
  [3, 'list_stores'],
  [1, 'update_store'],
  [1, 'list_store_files'],
];

function kill(chance: Chance, victim: Victim): Trouble {
  const after: Partial<Record<Victim, readonly Operation[]>> = {
    api: ['create_store'],
    worker: ['delete_store', 'delete_file'],
  };
  const moments = after[victim];
  return {
    kind: 'kill',
    victim,
    downMs: chance.pick([0, 0, 500, 2_000]),
    after: moments !== undefined && chance.is(0.5) ? chance.pick(moments) : null,
  };
}

/**
 * Lies that the product promises to see through: an id appears within the time it waits for a second 404, and a
 * wrong 404 or empty listing does not come as often as it asks again. They fit only the calls that can tell them.
 */
const LIES: readonly FaultRule[] = [
  { match: { operation: 'list_stores' }, fault: { kind: 'empty_list' }, times: 2 },
  { match: { operation: 'list_stores' }, fault: { kind: 'repeat_cursor' }, times: 3 },
  { match: { operation: 'list_store_files' }, fault: { kind: 'empty_list' } },
  { match: { operation: 'create_store' }, fault: { kind: 'appear_late', ms: 700 }, times: 4 },
  { match: { operation: 'delete_store' }, fault: { kind: 'delete_noop' }, times: 2 },
  { match: { operation: 'delete_store' }, fault: { kind: 'status', status: 404 } },
  { match: { operation: 'delete_file' }, fault: { kind: 'status', status: 404 } },
];

/** Whether the trouble is one of those that the provider tells as the truth. */
export function isLie(one: Trouble): boolean {
  return one.kind === 'provider' && LIES.includes(one.rule);
}

function providerRule(chance: Chance): FaultRule {
  const operation = chance.weighted(OPERATIONS);
  const fault = chance.weighted<FaultRule['fault']>([
    [2, { kind: 'status', status: 500 }],
    [2, { kind: 'status', status: 429, retry_after: 1 }],
    [1, { kind: 'status', status: 401 }],
    [2, { kind: 'drop_before' }],
    [3, { kind: 'drop_after' }],
    [1, { kind: 'hang' }],
    [2, { kind: 'latency', ms: chance.pick([300, 1_500, 4_000]) }],
    [1, { kind: 'invalid_json' }],
    [1, { kind: 'cut_body' }],
    [1, { kind: 'stall_body' }],
  ]);
  // A refusal that took effect all the same would be a lie, and one that nobody promises to see through.
  const refused = fault.kind === 'status' && fault.status < 500;
  const phase = chance.is(0.5) || refused ? 'before' : 'after';
  return { match: { operation }, fault, phase, times: chance.whole(1, 4) };
}

function trouble(chance: Chance): Trouble {
  return chance.weighted<() => Trouble>([
    [2, () => kill(chance, chance.pick(VICTIMS))],
    [2, () => ({ kind: 'pause', victim: chance.pick(VICTIMS), forMs: chance.whole(300, 5_000) })],
    [
      2,
      () => ({
        kind: 'clock',
        of: chance.pick(['api', 'worker'] as const),
        shiftMs: chance.pick([-HOUR_MS, -10_000, 10_000, HOUR_MS, 30 * HOUR_MS]),
        forMs: chance.whole(1_000, 6_000),
      }),
    ],
    [6, () => ({ kind: 'provider', rule: providerRule(chance) })],
    [1, () => ({ kind: 'locks', forMs: chance.whole(200, 1_300) })],
    [1, () => ({ kind: 'vanish', stores: chance.whole(1, 3) })],
    [1, () => ({ kind: 'terminate', share: chance.pick([0.3, 1]) })],
  ])();
}

function isEnough(troubles: readonly Trouble[]): boolean {
  return (
    troubles.length >= LEAST_TROUBLES &&
    new Set(troubles.map(({ kind }) => kind)).size >= LEAST_KINDS &&
    troubles.some((one) => one.kind === 'kill')
  );
}

/** At least four troubles of three kinds with a kill among them, in the order of their beginning. */
export function troublesOf(chance: Chance, endMs: number): readonly Planned[] {
  const wanted = chance.whole(LEAST_TROUBLES, MOST_TROUBLES);
  const troubles: Trouble[] = [kill(chance, chance.pick(VICTIMS))];
  // One at most: two of them could agree with each other.
  if (chance.is(0.4)) troubles.push({ kind: 'provider', rule: chance.pick(LIES) });
  while (troubles.length < wanted || !isEnough(troubles)) troubles.push(trouble(chance));
  return troubles
    .map((one) => ({ ...one, atMs: chance.whole(300, endMs * 0.8) }))
    .toSorted((a, b) => a.atMs - b.atMs);
}
