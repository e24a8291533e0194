import type { Call } from '../history/read.ts';

const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);

/** The file that an upload was answered with; null where it was not. */
export function uploadedFile({ verb, answer }: Call): string | null {
  return verb === 'upload' && answer.outcome === 'ok' ? text(answer.body['file_id']) : null;
}

/** Files and paths that a lease has to track since this call was answered with success. */
export function trackedBy(call: Call): readonly string[] {
  const { verb, answer, files = [], paths = [], upload } = call;
  if (answer.outcome !== 'ok') return [];
  if (verb === 'track') return [...files, ...paths];
  const file = uploadedFile(call);
  return upload?.inSession === true && file !== null ? [file] : [];
}
