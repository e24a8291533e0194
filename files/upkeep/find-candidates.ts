import type { ProofDeps } from '../../deletion/deps.ts';
import { completeFileListing } from '../../deletion/file-listing.ts';
import { mayBe } from '../../domain/unsettled-upload.ts';
import { knownFiles } from '../../ledger/queries/upkeep-orphan.ts';
import type { UnsettledUpload } from '../../ledger/queries/upkeep-unsettled.ts';
import type { ProviderFile } from '../../providers/port.ts';
import type { UpkeepPass } from './deps.ts';

/** Candidates that are remembered of one upload: a person looks through no more. */
const MOST = 20;

/** Files of which nobody knows and that may be it, by the id of the upload; at most so many of each. */
export type Candidates = ReadonlyMap<string, readonly string[]>;

interface Fit {
  readonly uploadId: string;
  readonly fileId: string;
}

/** By name, so that a listing of many files is compared with few uploads; a file without a name, with all. */
function fitsOf(
  uploads: readonly UnsettledUpload[],
  uploadTimeoutMs: number,
): (file: ProviderFile) => readonly Fit[] {
  const byName = Map.groupBy(uploads, ({ filename }) => filename);
  return (file) => {
    const named = file.filename === null ? uploads : (byName.get(file.filename) ?? []);
    const fitting = named.filter((upload) => mayBe(file, upload, uploadTimeoutMs));
    return fitting.map(({ uploadId }) => ({ uploadId, fileId: file.id }));
  };
}

/**
 * Compares one complete listing of the account with all of its unsettled uploads.
 *
 * @throws ProviderFailure where there is no listing that can be believed.
 */
export async function findCandidates(
  deps: ProofDeps,
  search: { readonly uploads: readonly UnsettledUpload[]; readonly uploadTimeoutMs: number },
  pass: UpkeepPass,
): Promise<Candidates> {
  const { provider, baseUrl } = deps.provider.account;
  const found = new Map<string, string[]>(search.uploads.map(({ uploadId }) => [uploadId, []]));
  const fits = fitsOf(search.uploads, search.uploadTimeoutMs);
  for await (const page of completeFileListing(deps, pass.signal)) {
    pass.heartbeat();
    const fitting = page.flatMap(fits);
    if (fitting.length === 0) continue;
    const ids = [...new Set(fitting.map(({ fileId }) => fileId))];
    const known = await knownFiles(deps.ledger, { provider, baseUrl }, ids);
    for (const { uploadId, fileId } of fitting) {
      const list = found.get(uploadId);
      if (!known.has(fileId) && list !== undefined && list.length < MOST) list.push(fileId);
    }
  }
  return found;
}
