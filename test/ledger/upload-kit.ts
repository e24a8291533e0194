/** Calls to upload as the route makes them, and what ledger, provider and metrics have of them. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { ProviderName } from '../../domain/providers.ts';
import type { Uploaded } from '../../files/contract.ts';
import type { FaultRule, JournalEntry } from '../../simulator/contract.ts';
import { PATHS, sha256Of, type FileBench, type FilePart } from './files-kit.ts';

/** The content as the reception leaves it: in a file that goes with the test. */
export async function spooled(content: string | Uint8Array) {
  const directory = await mkdtemp(join(tmpdir(), 'files-kit-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const path = join(directory, 'spooled');
  await writeFile(path, content);
  return { path, sizeBytes: Buffer.byteLength(content), sha256: sha256Of(content) };
}

export interface Wish {
  readonly content?: string;
  readonly filename?: string;
  readonly purpose?: string;
  readonly provider?: string;
  readonly userId?: string;
  readonly sessionId?: string;
  readonly leaseId?: string;
}

/** One call to upload, as the route makes it. */
export async function uploadBy({ files }: FilePart, wish: Wish = {}): Promise<Uploaded> {
  const { content = 'content', filename = 'a.txt', purpose = null, provider = null } = wish;
  const { userId = 'anonymous', sessionId = null, leaseId = null } = wish;
  const file = await spooled(content);
  const who = { userId, sessionId, leaseId, requestId: 'request' };
  return files.upload({ file, filename, mimeType: 'text/plain', purpose, provider, ...who });
}

/** Uploads that the simulator was sent, as one provider or as any. */
export async function sentTo(bench: FileBench, name?: ProviderName): Promise<readonly JournalEntry[]> {
  const entries = await bench.control.journal();
  const path = name === undefined ? '' : PATHS[name];
  return entries.filter((one) => one.operation === 'upload_file' && one.path.startsWith(`${path}/`));
}

/** Uploads to the provider meet the fault, as often as told; 0 = until the faults are cleared. */
export const failAt = (bench: FileBench, name: ProviderName, rule: FaultRule): Promise<number> =>
  bench.control.setFault({
    ...rule,
    match: { operation: 'upload_file', path: `^${PATHS[name]}/`, ...rule.match },
    times: rule.times ?? 0,
  });

export interface UploadNow {
  readonly upload_id: string;
  readonly provider: ProviderName;
  readonly upload_status: string;
  readonly provider_file_id: string | null;
  readonly file_key: string | null;
  readonly user_id: string;
  readonly session_id: string | null;
  readonly plain: boolean;
  readonly claims: boolean;
  readonly uncertain: boolean;
  readonly dedupe_hits: string;
  readonly deletion_reason: string | null;
  readonly last_error: string | null;
  readonly sent: boolean;
}

/** The rows of all uploads, in the order in which they were made. */
export const uploadRows = (bench: FileBench): Promise<UploadNow[]> =>
  bench.sql(
    `SELECT upload_id, provider, upload_status, provider_file_id, file_key, user_id, session_id, plain, claims, uncertain,
       dedupe_hits, deletion_reason, last_error, sent_at IS NOT NULL AS sent
     FROM provider_file_uploads ORDER BY created_at`,
  );

export interface FileNow {
  readonly provider_file_id: string;
  readonly uploaded: boolean;
  readonly marked: boolean;
  readonly due: boolean;
}

/** The files that the ledger knows. */
export const fileRows = (bench: FileBench): Promise<FileNow[]> =>
  bench.sql(
    `SELECT provider_file_id, uploaded, deleted_at IS NOT NULL AS marked, next_try_at IS NOT NULL AS due
     FROM file ORDER BY file_key`,
  );

/** What the metrics were told under one name, in order. */
export const told = ({ metered }: FilePart, name: string): readonly (readonly unknown[])[] =>
  metered.filter(([one]) => one === name).map(([, ...values]) => values);
