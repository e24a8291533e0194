/** What the tests of the life after upload stand on, beside `files-kit.ts`. */
import OpenAI from 'openai';
import type { MarkedFiles, RetentionWish, UpkeepOutcome } from '../../activities/contract.ts';
import type { ProviderName } from '../../domain/providers.ts';
import { createFileKeeper } from '../../files/index.ts';
import type { JournalEntry, Operation } from '../../simulator/contract.ts';
import { KEYS, PATHS, type FileBench, type FilePart } from './files-kit.ts';
import { acquireOf, ask, CONTEXT, trackOf } from './kit.ts';

export const DAY_SECONDS = 86_400;
export const RETENTION: RetentionWish = { kind: 'retention', dryRun: false };

export const keeperOf = (part: FilePart) => createFileKeeper(part.deps);

/** One run's marking; a retention that is no dry run where nothing else is said. */
export const mark = (part: FilePart, wish: Partial<RetentionWish> = {}): Promise<MarkedFiles> =>
  keeperOf(part).markFiles({ ...RETENTION, ...wish }, CONTEXT);

export const upkeep = (part: FilePart): Promise<UpkeepOutcome> => keeperOf(part).upkeep(CONTEXT);

export interface Fate {
  readonly user: string;
  readonly status: string;
  readonly reason: string | null;
  /** Proven gone. */
  readonly gone: boolean;
}

/** What became of the uploads, by their users. */
export const fates = (bench: FileBench): Promise<Fate[]> =>
  bench.sql(
    `SELECT user_id AS user, upload_status AS status, deletion_reason AS reason, provider_deleted_at IS NOT NULL AS gone
     FROM provider_file_uploads ORDER BY user_id COLLATE "C"`,
  );

/** Ids of the files that are marked for deletion. */
export async function markedFiles(bench: FileBench): Promise<readonly string[]> {
  const rows = await bench.sql<{ id: string }>(
    'SELECT provider_file_id AS id FROM file WHERE deleted_at IS NOT NULL ORDER BY provider_file_id',
  );
  return rows.map(({ id }) => id);
}

/** A live lease of the session, with these files among what it tracks. */
export async function leaseOn(bench: FileBench, sessionId: string, fileIds: string[]): Promise<string> {
  const { leaseId } = await bench.leasing.leases.acquire(acquireOf(sessionId));
  await bench.leasing.leases.track(trackOf(sessionId, fileIds));
  return leaseId;
}

/** Ends the session's lease; `drained`: and has its drain do all it can. */
export async function endLease(bench: FileBench, sessionId: string, drained = true): Promise<void> {
  const { leaseId } = await bench.leasing.leases.get(sessionId);
  await bench.leasing.leases.release({ ...ask(sessionId), force: false });
  if (!drained) return;
  await bench.leasing.keeper.deleteFiles(leaseId, CONTEXT);
  await bench.leasing.keeper.deleteStore(leaseId, CONTEXT);
}

/** Every row of the tables that a run may change. */
export const everything = (bench: FileBench): Promise<object[]> =>
  bench.sql(
    `SELECT to_jsonb(u) AS row FROM provider_file_uploads u UNION ALL SELECT to_jsonb(f) FROM file f
     UNION ALL SELECT to_jsonb(r) FROM file_run r ORDER BY 1`,
  );

/** The SDK as a caller beside the service uses it, at one provider. */
export const sdkOf = (bench: FileBench, name: ProviderName = 'openai') =>
  new OpenAI({ apiKey: KEYS[name], baseURL: `${bench.simulator.url}${PATHS[name]}`, maxRetries: 0 });

/** Ids of the files at the provider, whatever the ledger knows. */
export async function filesThere(bench: FileBench): Promise<readonly string[]> {
  return (await bench.control.state()).files.map(({ id }) => id).toSorted();
}

/** Calls of one kind that the provider got. */
export async function calls(bench: FileBench, operation: Operation): Promise<readonly JournalEntry[]> {
  return (await bench.control.journal()).filter((entry) => entry.operation === operation);
}

/** Makes every next try due, as if its time had come; what has none stays without. */
export const dueAgain = (bench: FileBench) =>
  bench.sql(
    `WITH files AS (UPDATE file SET next_try_at = clock_timestamp() WHERE next_try_at IS NOT NULL)
     UPDATE provider_file_uploads SET next_try_at = clock_timestamp() WHERE next_try_at IS NOT NULL`,
  );
