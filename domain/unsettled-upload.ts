/** What is looked for at a provider when nobody knows whether it took an upload. */

/** How far the provider's clock may be off ours (the contract's number). */
const SKEW_MS = 5 * 60_000;

/** So many complete listings without anything that could be it say that the provider did not take it. */
export const EMPTY_LISTINGS_NEEDED = 3;

/** An upload as it was sent. Times are epoch milliseconds. */
export interface SentUpload {
  readonly filename: string;
  readonly sizeBytes: number;
  readonly sentAtMs: number;
}

/** A file as the provider lists it. What it does not tell is null. */
export interface ListedFile {
  readonly createdAtMs: number;
  readonly filename: string | null;
  readonly sizeBytes: number | null;
}

/**
 * Whether the file may be what the upload made: of its name and size, and from the time in which it may have been sent.
 * What the provider does not tell speaks against nothing.
 */
export function mayBe(file: ListedFile, upload: SentUpload, uploadTimeoutMs: number): boolean {
  const { sentAtMs } = upload;
  if (file.filename !== null && file.filename !== upload.filename) return false;
  if (file.sizeBytes !== null && file.sizeBytes !== upload.sizeBytes) return false;
  return file.createdAtMs >= sentAtMs - SKEW_MS && file.createdAtMs <= sentAtMs + uploadTimeoutMs + SKEW_MS;
}
