import type { FailureKind, FailureReason } from './failure.ts';

/** What was to be attached to what. */
export interface AttachedPair {
  readonly storeId: string;
  readonly fileId: string;
}

const OF_A_STORE = /\bvector[ _]store\b/i;
const OF_A_FILE = /\bfile\b/i;
/** Expired, still being made or already being deleted. */
const NOT_READY =
  /\bexpired\b|\bin[ _]progress\b|\bbeing (created|deleted|processed)\b|\bnot (yet )?(ready|active|available)\b|\b(is|was) deleted\b/i;

/** Right after its upload a file may not be found (mkdev-me/terraform-provider-openai#37): not so the store. */
function whatIsMissing(message: string, { storeId, fileId }: AttachedPair): FailureReason | undefined {
  if (message.includes(fileId)) return 'file_missing';
  if (message.includes(storeId)) return 'store_missing';
  if (OF_A_FILE.test(message)) return 'file_missing';
  return OF_A_STORE.test(message) ? 'store_missing' : undefined;
}

/** What a failed attach complains of; `undefined` where it does not say. */
export function attachReason(
  kind: FailureKind,
  message: string,
  pair: AttachedPair,
): FailureReason | undefined {
  if (kind === 'full') return 'store_full';
  if (kind === 'gone') return whatIsMissing(message, pair);
  const refused = kind === 'refused' || kind === 'unavailable';
  return refused && OF_A_STORE.test(message) && NOT_READY.test(message) ? 'store_not_ready' : undefined;
}
