import type { FaultRule, Operation } from '../../../simulator/contract.ts';
import type { Chance } from '../random.ts';
import type { Planned, Trouble } from './contract.ts';
import { isLie } from './troubles.ts';

const MOST_TROUBLES = 3;

/** Calls of the service at the provider for the sake of uploads. */
const OPERATIONS: readonly (readonly [number, Operation])[] = [
  [6, 'upload_file'],
  [2, 'list_files'],
  [2, 'file_content'],
  [2, 'delete_file'],
  [1, 'attach_file'],
  [0.5, 'retrieve_file'],
];

/** Lies that the product promises to see through: it asks for one listing more than are empty here. */
const LIES: readonly FaultRule[] = [
  { match: { operation: 'list_files' }, fault: { kind: 'empty_list' }, times: 2 },
  { match: { operation: 'list_files' }, fault: { kind: 'repeat_cursor' }, times: 3 },
  { match: { operation: 'upload_file' }, fault: { kind: 'appear_late', ms: 700 }, times: 4 },
  { match: { operation: 'retrieve_file' }, fault: { kind: 'status', status: 404 } },
];

/**
 * Late is less than the time that three listings take: an upload that takes effect after them is found by nobody, here
 * as in the field.
 */
const LATE_MS = 1_500;

function faultOf(chance: Chance): FaultRule['fault'] {
  return chance.weighted<FaultRule['fault']>([
    [2, { kind: 'status', status: 500 }],
    [1, { kind: 'status', status: 429, retry_after: 1 }],
    [1, { kind: 'status', status: 401 }],
    [1, { kind: 'status', status: 400 }],
    [2, { kind: 'drop_before' }],
    [4, { kind: 'drop_after' }],
    [1, { kind: 'hang' }],
    [1, { kind: 'latency', ms: chance.pick([300, LATE_MS]) }],
    [1, { kind: 'invalid_json' }],
    [1, { kind: 'cut_body' }],
    [1, { kind: 'stall_body' }],
  ]);
}

function providerRule(chance: Chance): FaultRule {
  const operation = chance.weighted(OPERATIONS);
  const fault = faultOf(chance);
  const refused = fault.kind === 'status' && fault.status < 500;
  const stops = fault.kind === 'hang' && operation === 'upload_file' && chance.is(0.4);
  const phase = stops ? 'during' : chance.is(0.5) || refused ? 'before' : 'after';
  return { match: { operation }, fault, phase, times: chance.whole(1, 3) };
}

function kill(chance: Chance): Trouble {
  const downMs = chance.pick([0, 500, 2_000]);
  return { kind: 'kill', victim: 'api', downMs, after: 'upload_file' };
}

/** One to three troubles more, about uploads; a lie only where nobody lies yet. */
export function uploadTroubles(
  chance: Chance,
  { endMs, besides }: { readonly endMs: number; readonly besides: readonly Trouble[] },
): readonly Planned[] {
  const lie: Trouble = { kind: 'provider', rule: chance.pick(LIES) };
  const troubles: Trouble[] = chance.is(0.3) && !besides.some(isLie) ? [lie] : [];
  for (let n = chance.whole(1, MOST_TROUBLES); n > 0; n -= 1)
    troubles.push(chance.is(0.3) ? kill(chance) : { kind: 'provider', rule: providerRule(chance) });
  return troubles.map((one) => ({ ...one, atMs: chance.whole(300, endMs * 0.8) }));
}
