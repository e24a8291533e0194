/** The moments of an upload at which something is killed: how each is held, and what ledger and provider show then. */
import { expect } from 'vitest';
import type { Phase } from '../../simulator/contract.ts';
import { query } from '../support/databases.ts';
import { COMES_WITHIN_MS, gateTrap, type Trap } from './moments.ts';
import type { Rig } from './rig.ts';

/** The one content of a cell, by the name under which it is uploaded. */
export interface Content {
  readonly filename: string;
  readonly text: string;
}

export interface UploadMoment {
  readonly name: string;
  arm(rig: Rig): Trap | Promise<Trap>;
  /** Fails unless ledger and provider are in exactly the state of this moment. */
  prove(rig: Rig, content: Content): Promise<void>;
}

/** The upload of the content at the provider. */
async function uploadTrap(rig: Rig, phase: Phase): Promise<Trap> {
  const { control } = rig.stack.simulator;
  const name = `upload-${phase}`;
  await control.setFault({ match: { operation: 'upload_file' }, fault: { kind: 'hold', name }, phase });
  return {
    hit: async () => void (await control.waitForHeld(name, { timeoutMs: COMES_WITHIN_MS })),
    letGo: async () => {
      expect(await control.release(name), 'the provider still held the call').toBe(1);
    },
  };
}

export interface UploadRow {
  readonly upload_status: string;
  readonly provider_file_id: string | null;
  readonly uncertain: boolean;
  readonly gone: boolean;
  readonly candidates: readonly string[];
}

/** The uploads of the content, oldest first. */
export function uploadsOf({ databaseUrl }: Rig, { filename }: Content): Promise<UploadRow[]> {
  return query<UploadRow>(
    databaseUrl,
    `SELECT upload_status, provider_file_id, uncertain, provider_deleted_at IS NOT NULL AS gone, candidates
     FROM provider_file_uploads WHERE filename = $1 ORDER BY created_at`,
    [filename],
  );
}

/** Ids of the files with that name that exist at the provider. */
export async function filesNamed(rig: Rig, { filename }: Content): Promise<string[]> {
  const { files } = await rig.stack.simulator.control.state();
  return files.filter((file) => file.filename === filename).map(({ id }) => id);
}

async function state(rig: Rig, content: Content, expected: { status: string; files: number }): Promise<void> {
  const rows = await uploadsOf(rig, content);
  expect(rows).toMatchObject([{ upload_status: expected.status, provider_file_id: null, uncertain: false }]);
  expect(await filesNamed(rig, content)).toHaveLength(expected.files);
}

export const UPLOAD_MOMENTS: readonly UploadMoment[] = [
  {
    name: 'before the upload',
    arm: (rig) => gateTrap(rig, 'upload-sending', 'request'),
    prove: (rig, content) => state(rig, content, { status: 'pending', files: 0 }),
  },
  {
    name: 'during the upload',
    arm: (rig) => uploadTrap(rig, 'during'),
    prove: (rig, content) => state(rig, content, { status: 'uploading', files: 0 }),
  },
  {
    name: 'after the provider took the file',
    arm: (rig) => uploadTrap(rig, 'after'),
    prove: (rig, content) => state(rig, content, { status: 'uploading', files: 1 }),
  },
  {
    name: 'before the record',
    arm: (rig) => gateTrap(rig, 'upload-complete', 'request'),
    prove: (rig, content) => state(rig, content, { status: 'uploading', files: 1 }),
  },
];
