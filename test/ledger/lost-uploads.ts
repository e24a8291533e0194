/** Uploads that nobody ended, and what the provider has of them. */
import { toFile } from 'openai';
import type { ProviderName } from '../../domain/providers.ts';
import { seedUpload, type FileBench, type UploadSeed } from './files-kit.ts';
import { dueAgain, sdkOf } from './upkeep-kit.ts';

/** Of every upload where nothing else is said. */
export const CONTENT = 'what was sent';
/** Of a purpose whose files OpenAI gives back. */
export const READABLE = 'user_data';

export interface Lost {
  readonly content?: string;
  readonly filename?: string;
  readonly purpose?: string;
  readonly provider?: ProviderName;
}

/** A file that the provider took and nobody wrote down; resolves with its id. */
export async function taken(bench: FileBench, lost: Lost = {}): Promise<string> {
  const { content = CONTENT, filename = 'a.txt', purpose = READABLE, provider = 'openai' } = lost;
  const file = await toFile(Buffer.from(content), filename);
  // Kimi and GLM have purposes of their own.
  const body = { file, purpose: purpose as 'user_data' };
  return (await sdkOf(bench, provider).files.create(body)).id;
}

/** An upload whose sender died while he sent it, a while ago. */
export const stale = (bench: FileBench, seed: UploadSeed = {}) =>
  seedUpload(bench, { status: 'uploading', content: CONTENT, purpose: READABLE, ageSeconds: 20, ...seed });

export interface Row {
  readonly status: string;
  readonly uncertain: boolean;
  readonly reason: string | null;
  readonly candidates: readonly string[];
  readonly error: string | null;
  readonly empty: number;
}
/** The uploads, in the order in which they were made. */
export const rows = (bench: FileBench) =>
  bench.sql<Row>(
    `SELECT upload_status AS status, uncertain, deletion_reason AS reason, candidates, last_error AS error,
       empty_listings AS empty FROM provider_file_uploads ORDER BY created_at`,
  );
/** What was told of uploads that were settled. */
export const settled = (bench: FileBench) =>
  bench.logged.filter(({ event }) => event === 'upload_settled').map(({ outcome }) => outcome);
/** The gap between two listings has passed. */
export async function gap(bench: FileBench): Promise<void> {
  await bench.sql(`UPDATE provider_file_uploads SET last_listing_at = last_listing_at - interval '61 s'`);
  await dueAgain(bench);
}

/** A sender that is alive beats. */
export const alive = (bench: FileBench, userId: string) =>
  bench.sql(`UPDATE provider_file_uploads SET sender_until = now() + interval '1 hour' WHERE user_id = $1`, [
    userId,
  ]);
