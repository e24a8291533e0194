/** The moments at which something is killed: how each is held, and what ledger and journal must show meanwhile. */
import { expect } from 'vitest';
import type { Phase } from '../../simulator/contract.ts';
import type { LetGo } from './ledger-gate.ts';
import { fileStates, leasesOf, storeStates } from './ledger-view.ts';
import { callsOf, filesLeft, storesOf } from './provider-view.ts';
import type { Rig } from './rig.ts';

/** The session of one cell, and the files it tracks. */
export interface Subject {
  readonly session: string;
  readonly fileIds: readonly string[];
}

export interface Trap {
  /** Rejects where the moment does not come. */
  hit(): Promise<void>;
  letGo(how: LetGo): Promise<void>;
}

export interface Moment {
  readonly name: string;
  /** During which of the two calls: a first acquire, or a release and what follows. */
  readonly during: 'acquire' | 'drain';
  /** Who stands at the moment. */
  readonly in: 'api' | 'worker';
  arm(rig: Rig): Trap | Promise<Trap>;
  /** Fails unless ledger and provider are in exactly the state of this moment. */
  prove(rig: Rig, subject: Subject): Promise<void>;
}

export const COMES_WITHIN_MS = 20_000;

export function gateTrap(rig: Rig, statement: string, side: 'request' | 'answer'): Trap {
  const held = rig.gate.hold(statement, side);
  return {
    hit: held.hit,
    letGo: (how) => Promise.resolve(held.letGo(how)),
  };
}

interface ProviderHold {
  readonly operation: 'create_store' | 'delete_store' | 'delete_file';
  readonly phase: Phase;
}

/** The provider itself is never killed: its call goes on when it is let go, whoever has gone meanwhile. */
async function providerTrap(rig: Rig, { operation, phase }: ProviderHold): Promise<Trap> {
  const { control } = rig.stack.simulator;
  const name = `${operation}-${phase}`;
  await control.setFault({ match: { operation }, fault: { kind: 'hold', name }, phase });
  return {
    hit: async () => void (await control.waitForHeld(name, { timeoutMs: COMES_WITHIN_MS })),
    letGo: async () => {
      expect(await control.release(name), 'the provider still held the call').toBe(1);
    },
  };
}

async function theLease(rig: Rig, { session }: Subject) {
  const leases = await leasesOf(rig.databaseUrl, session);
  expect(leases).toHaveLength(1);
  const [lease] = leases;
  if (lease === undefined) throw new Error('unreachable');
  return lease;
}

async function creates(rig: Rig, leaseId: string) {
  const calls = await callsOf(rig.stack.simulator.control, [leaseId], 'create_store');
  return calls.map(({ effect, status }) => ({ effect, status }));
}

/** What the drain's moments have in common; resolves with the store that exists still. */
async function draining(rig: Rig, subject: Subject): Promise<string[]> {
  expect(await theLease(rig, subject)).toMatchObject({ state: 'draining', end_reason: 'released' });
  return storesOf(rig.stack.simulator.control, subject.session);
}

const afterClaim: Moment = {
  name: 'after claim',
  during: 'acquire',
  in: 'api',
  arm: (rig) => gateTrap(rig, 'claim', 'answer'),
  prove: async (rig, subject) => {
    const lease = await theLease(rig, subject);
    expect(lease).toMatchObject({ state: 'provisioning', vector_store_id: null });
    expect(await creates(rig, lease.lease_id)).toEqual([]);
  },
};

const duringCreate: Moment = {
  name: 'during create',
  during: 'acquire',
  in: 'api',
  arm: (rig) => providerTrap(rig, { operation: 'create_store', phase: 'before' }),
  prove: async (rig, subject) => {
    const lease = await theLease(rig, subject);
    expect(lease).toMatchObject({ state: 'provisioning', vector_store_id: null });
    expect(await creates(rig, lease.lease_id)).toEqual([{ effect: 'none', status: 'open' }]);
  },
};

const beforeActivate: Moment = {
  name: 'after create before activate',
  during: 'acquire',
  in: 'api',
  arm: (rig) => gateTrap(rig, 'activate', 'request'),
  prove: async (rig, subject) => {
    const lease = await theLease(rig, subject);
    expect(lease).toMatchObject({ state: 'provisioning', vector_store_id: null });
    expect(await creates(rig, lease.lease_id)).toEqual([{ effect: 'created', status: 200 }]);
  },
};

const beforeWorkflowStart: Moment = {
  name: 'after activate before the workflow start',
  during: 'acquire',
  in: 'api',
  arm: (rig) => gateTrap(rig, 'activate', 'answer'),
  prove: async (rig, subject) => {
    expect(await theLease(rig, subject)).toMatchObject({ state: 'active', seen_version: '0' });
    expect(await storesOf(rig.stack.simulator.control, subject.session)).toHaveLength(1);
  },
};

const duringFileDeletion: Moment = {
  name: 'during file deletion',
  during: 'drain',
  in: 'worker',
  arm: (rig) => providerTrap(rig, { operation: 'delete_file', phase: 'before' }),
  prove: async (rig, subject) => {
    expect(await draining(rig, subject)).toHaveLength(1);
    expect(await fileStates(rig.databaseUrl, subject.session)).toContain('marked');
    expect((await filesLeft(rig.stack.simulator.control, subject.fileIds)).length).toBeGreaterThan(0);
  },
};

const betweenFilesAndStore: Moment = {
  name: 'between files and store',
  during: 'drain',
  in: 'worker',
  arm: (rig) => gateTrap(rig, 'doom-stores', 'request'),
  prove: async (rig, subject) => {
    expect(await draining(rig, subject)).toHaveLength(1);
    const files = await fileStates(rig.databaseUrl, subject.session);
    expect(new Set(files)).toEqual(new Set(['gone']));
    expect(await filesLeft(rig.stack.simulator.control, subject.fileIds)).toEqual([]);
    expect(await storeStates(rig.databaseUrl, subject.session)).toEqual(['held']);
  },
};

const beforeRecorded: Moment = {
  name: 'after delete before it is recorded',
  during: 'drain',
  in: 'worker',
  arm: (rig) => providerTrap(rig, { operation: 'delete_store', phase: 'after' }),
  prove: async (rig, subject) => {
    expect(await draining(rig, subject)).toEqual([]);
    expect(await storeStates(rig.databaseUrl, subject.session)).toEqual(['deleting']);
  },
};

export const MOMENTS: readonly Moment[] = [
  afterClaim,
  duringCreate,
  beforeActivate,
  beforeWorkflowStart,
  duringFileDeletion,
  betweenFilesAndStore,
  beforeRecorded,
];
