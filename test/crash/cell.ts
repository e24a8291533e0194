/** One cell of the crash matrix: hold a moment, prove it, kill, bring back, and see what is left in the end. */
import { randomBytes } from 'node:crypto';
import { expect } from 'vitest';
import { post, postPatiently, uploadFile } from './caller.ts';
import { fileStates, leasesOf, storeStates, untilClosed } from './ledger-view.ts';
import type { Moment, Subject } from './moments.ts';
import { callsOf, filesLeft, storesOf } from './provider-view.ts';
import type { Rig, Victim } from './rig.ts';

export interface Cell {
  readonly victim: Victim;
  readonly moment: Moment;
  /** Whether the client comes back after the restart, or nobody does. */
  readonly client: 'retries' | 'is gone';
}

export function nameOf({ victim, moment, client }: Cell): string {
  return `kill -9 of ${victim} ${moment.name}; the client ${client}`;
}

/** Below every limit that would end the moment by itself: 2.5 s of a statement, 3 s of a create. */
const MOMENT_LASTS_MS = 2_000;
/** An api that loses its database, or nothing at all, in the middle of an acquire: its own limit and a second. */
const ANSWER_WITHIN_MS = 9_500;
/** A worker that died with a drain is noticed by its missing heartbeat after 30 s. */
const ALL_GONE_WITHIN_MS = 100_000;

/** Carries the cell out; rejects where the moment was missed or a promise was broken. */
export async function runCell(rig: Rig, cell: Cell): Promise<void> {
  const subject = await prepare(rig, cell);
  const before = await leasesOf(rig.databaseUrl, subject.session);
  const trap = await cell.moment.arm(rig);
  const firstCall = begin(rig, cell, subject);
  await trap.hit();
  const hitAt = performance.now();
  await cell.moment.prove(rig, subject);
  await rig.kill(cell.victim);
  expect(performance.now() - hitAt, 'the kill came while the moment lasted').toBeLessThan(MOMENT_LASTS_MS);
  await trap.letGo(cutsConnection(cell) ? 'drop' : 'continue');
  seeFirstAnswer(cell, await firstCall);
  await rig.restart(cell.victim);
  if (cell.client === 'retries') await comeBack(rig, { subject, endedLeases: before });
  await seeNothingLeft(rig, cell, subject);
}

/** What is held at the gate belongs to a connection that lost one of its ends, or goes on as if nothing was. */
function cutsConnection({ victim, moment }: Cell): boolean {
  return victim === moment.in || victim === 'PostgreSQL';
}

async function prepare(rig: Rig, cell: Cell): Promise<Subject> {
  const session = `${cell.victim}-${randomBytes(6).toString('hex')}`;
  if (cell.moment.during === 'acquire') return { session, fileIds: [] };
  const { baseUrl } = rig.stack.simulator;
  const fileIds = [await uploadFile(baseUrl, 'one'), await uploadFile(baseUrl, 'two')];
  expect((await post(rig.stack.api.url, `/session/${session}/acquire`)).status).toBe(200);
  const tracked = await post(rig.stack.api.url, `/session/${session}/files`, { body: fileIds });
  expect(tracked.body).toEqual({ tracked: 2 });
  return { session, fileIds };
}

interface FirstAnswer {
  /** `broken` where the connection was cut. */
  readonly status: number | 'broken';
  readonly tookMs: number;
}

async function begin(rig: Rig, cell: Cell, { session }: Subject): Promise<FirstAnswer> {
  const verb = cell.moment.during === 'acquire' ? 'acquire' : 'release';
  const startedAt = performance.now();
  try {
    const { status, tookMs } = await post(rig.stack.api.url, `/session/${session}/${verb}`);
    return { status, tookMs };
  } catch {
    return { status: 'broken', tookMs: performance.now() - startedAt };
  }
}

function seeFirstAnswer(cell: Cell, first: FirstAnswer): void {
  expect(first.tookMs, 'every call is answered in bounded time').toBeLessThan(ANSWER_WITHIN_MS);
  if (cell.moment.during === 'drain') expect(first.status).toBe(202);
  else expect(first.status).toBe({ api: 'broken', worker: 200, Temporal: 200, PostgreSQL: 503 }[cell.victim]);
}

/** The client's retry gets the session's one store. */
async function comeBack(
  rig: Rig,
  past: { readonly subject: Subject; readonly endedLeases: readonly { readonly lease_id: string }[] },
): Promise<void> {
  const { session } = past.subject;
  const { control } = rig.stack.simulator;
  const answer = await postPatiently(rig.stack.api.url, `/session/${session}/acquire`);
  expect(answer.status).toBe(200);
  const leases = await leasesOf(rig.databaseUrl, session);
  const live = leases.filter((lease) => ['provisioning', 'active'].includes(lease.state));
  expect(live.map((lease) => lease.vector_store_id)).toEqual([answer.body['vector_store_id']]);
  const leaseIds = live.map((lease) => lease.lease_id);
  const made = await callsOf(control, leaseIds, 'create_store');
  expect(made.filter((entry) => entry.effect === 'created')).toHaveLength(1);
  expect(await storesOf(control, session)).toContain(answer.body['vector_store_id']);
  // Before it there may be the one that was released, and one that expired while the victim was being restarted.
  const ended = leases.filter((lease) => !live.includes(lease)).map((lease) => lease.end_reason);
  expect(ended.filter((reason) => reason === 'released')).toHaveLength(past.endedLeases.length);
  expect(ended.filter((reason) => !['released', 'expired'].includes(String(reason)))).toEqual([]);
  expect(past.endedLeases.map((lease) => lease.lease_id)).not.toContain(leaseIds[0]);
}

/** After the deadline: no store, no file, every row closed with its proofs. */
async function seeNothingLeft(rig: Rig, cell: Cell, { session, fileIds }: Subject): Promise<void> {
  const { control } = rig.stack.simulator;
  const leases = await untilClosed(rig.databaseUrl, session, ALL_GONE_WITHIN_MS);
  expect(await storesOf(control, session)).toEqual([]);
  expect(await filesLeft(control, fileIds)).toEqual([]);
  const leaseIds = leases.map((lease) => lease.lease_id);
  const made = (await callsOf(control, leaseIds, 'create_store')).filter(
    ({ effect }) => effect === 'created',
  );
  const gone = (await callsOf(control, leaseIds, 'delete_store')).filter(
    ({ effect }) => effect === 'deleted',
  );
  // One claim, one store: also where somebody else had to finish what the dead one began.
  expect(made.map(({ lease }) => lease).sort()).toEqual(leaseIds.toSorted());
  expect(gone.map(({ target }) => target).sort()).toEqual(made.map(({ target }) => target).sort());
  for (const state of await storeStates(rig.databaseUrl, session)) expect(state).toBe('deleted');
  const files = await fileStates(rig.databaseUrl, session);
  expect(files).toEqual(cell.moment.during === 'drain' ? ['gone', 'gone'] : []);
}
