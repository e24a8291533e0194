import { openAsBlob } from 'node:fs';
import { basename } from 'node:path';

export interface UploadOptions {
  /** Whose upload it is and whose quota it counts against; `anonymous` where absent. */
  userId?: string;
  /** `openai`, `kimi` or `glm`; the service chooses where absent. */
  provider?: string;
  /** The file goes into this session's vector store and is deleted with its lease. */
  sessionId?: string;
  /** How often it is tried in all. */
  tries?: number;
}

/** Uploads a file and returns the provider's id of it. To repeat it is safe: equal content is sent once. */
export async function uploadFile(
  service: string,
  path: string,
  options: UploadOptions = {},
): Promise<{ fileId: string; provider: string }> {
  const { userId = '', provider = '', sessionId = '', tries = 3 } = options;
  const form = new FormData();
  form.set('user_id', userId);
  form.set('provider', provider);
  form.set('session_id', sessionId);
  form.set('file', await openAsBlob(path), basename(path)); // streamed from the disk

  for (let left = tries - 1; ; left -= 1) {
    const answer = await fetch(`${service}/files`, { method: 'POST', body: form }).catch(() => null);
    if (answer?.ok === true) {
      const uploaded = (await answer.json()) as { file_id: string; provider: string };
      return { fileId: uploaded.file_id, provider: uploaded.provider };
    }
    // Full, busy, away, or late: the same again helps. Anything else would be refused again.
    const mayHelp = answer === null || [429, 503, 504].includes(answer.status);
    if (left <= 0 || !mayHelp) {
      const why = answer === null ? 'unreachable' : `${answer.status} ${await answer.text()}`;
      throw new Error(`upload of ${path}: ${why}`);
    }
    const seconds = Number(answer?.headers.get('retry-after') ?? 1);
    await new Promise((resume) => setTimeout(resume, seconds * 1000));
  }
}
