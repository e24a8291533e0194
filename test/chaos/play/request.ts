/** One HTTP request of a client, written into the history before it leaves and after it is answered. */
import type { AnswerRecord, InvokeRecord, Outcome } from '../history/contract.ts';
import type { Recorder } from '../history/recorder.ts';
import { contentOf } from '../schedule/contents.ts';
import { now } from '../clock.ts';

/** Longer than any route may take, a pause of the api on top. */
const PATIENCE_MS = 15_000;
/** An upload's own limit is 21 s here. */
const UPLOAD_PATIENCE_MS = 40_000;

export type Asked = Omit<InvokeRecord, 'type' | 'at' | 'id'>;
export type Answer = Omit<AnswerRecord, 'type' | 'at' | 'id'>;

interface Sending {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly body?: unknown;
}

function formOf({ upload, session }: Asked): FormData {
  const form = new FormData();
  if (upload === undefined) return form;
  form.set('user_id', upload.user);
  if (upload.provider !== null) form.set('provider', upload.provider);
  if (upload.inSession) form.set('session_id', session);
  const { text } = contentOf(upload.seed, upload.content);
  form.set('file', new File([text], upload.filename, { type: 'text/plain' }));
  return form;
}

function dropPath({ drop }: Asked): string {
  if (drop === undefined) throw new Error('a drop names no file');
  const { file, user, provider } = drop;
  const query = new URLSearchParams({ user_id: user, ...(provider === null ? {} : { provider }) });
  return `/files/${encodeURIComponent(file)}?${query.toString()}`;
}

function sendingOf(asked: Asked): Sending {
  const session = `/session/${encodeURIComponent(asked.session)}`;
  switch (asked.verb) {
    case 'acquire':
      return {
        method: 'POST',
        path: `${session}/acquire`,
        body: asked.protect === true ? { protected: true } : {},
      };
    case 'track':
      return {
        method: 'POST',
        path: `${session}/files`,
        body: { file_ids: asked.files, file_paths: asked.paths },
      };
    case 'release':
      return { method: 'POST', path: `${session}/release${asked.force === true ? '?force=true' : ''}` };
    case 'register':
      return {
        method: 'POST',
        path: `${session}/register`,
        body: { vector_store_id: asked.store, protected: asked.protect },
      };
    case 'upload':
      return { method: 'POST', path: '/files', body: formOf(asked) };
    case 'drop':
      return { method: 'DELETE', path: dropPath(asked) };
    case 'look':
      return { method: 'GET', path: session };
    case 'cleanup':
      return { method: 'POST', path: '/cleanup' };
    case 'tidy':
      return { method: 'POST', path: '/files/cleanup' };
    case 'renew':
    case 'protect':
    case 'unprotect':
      return { method: 'POST', path: `${session}/${asked.verb}` };
  }
}

/** Others hold the file; the caller's own hold has ended. */
const EFFECTIVE = 'FILE_IN_USE';

/** 4xx is an answer of ours: nothing was done. What failed later than that may have been done, or be done yet. */
function outcomeOf(status: number, code: unknown): Outcome {
  if (status < 300 || code === EFFECTIVE) return 'ok';
  return status < 500 ? 'fail' : 'unknown';
}

async function ask(apiUrl: string, asked: Asked): Promise<Answer> {
  const { method, path, body } = sendingOf(asked);
  const isForm = body instanceof FormData;
  const response = await fetch(apiUrl + path, {
    method,
    signal: AbortSignal.timeout(asked.verb === 'upload' ? UPLOAD_PATIENCE_MS : PATIENCE_MS),
    headers: {
      ...(body === undefined || isForm ? {} : { 'content-type': 'application/json' }),
      ...(asked.fence === null ? {} : { 'x-lease-id': asked.fence }),
    },
    ...(body === undefined ? {} : { body: isForm ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const parsed = (text === '' ? {} : JSON.parse(text)) as Readonly<Record<string, unknown>>;
  const seconds = response.headers.get('x-lease-seconds');
  return {
    outcome: outcomeOf(response.status, parsed['code']),
    status: response.status,
    code: typeof parsed['code'] === 'string' ? parsed['code'] : null,
    leaseId: response.headers.get('x-lease-id'),
    leaseSeconds: seconds === null ? null : Number(seconds),
    body: parsed,
  };
}

/** A connection that was refused carried nothing; any other that broke may have. */
function broken(error: unknown): Answer {
  const cause = error instanceof Error ? error.cause : undefined;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(error);
  const outcome = code === 'ECONNREFUSED' ? 'fail' : 'unknown';
  return { outcome, status: null, code: null, leaseId: null, leaseSeconds: null, body: {}, error: code };
}

/** Sends the request; never throws. */
export async function request(apiUrl: string, asked: Asked, recorder: Recorder): Promise<Answer> {
  const id = recorder.nextId();
  recorder.write({ type: 'invoke', at: now(), id, ...asked });
  const answer = await ask(apiUrl, asked).catch(broken);
  recorder.write({ type: 'answer', at: now(), id, ...answer });
  return answer;
}
