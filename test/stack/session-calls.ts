/** Calls of the real api as tests make them: the status is looked at by the test, never thrown. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { TEST_MODE_KEY } from '../../config/index.ts';
import { query } from '../support/databases.ts';
import type { Stack } from '../support/stack.ts';

const CALL_LIMIT_MS = 20_000;

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The text as JSON; null where it is none. */
  readonly json: unknown;
}

export interface Request {
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const JSON_BODY = { 'content-type': 'application/json' };

/** One call; `target` is everything behind the host. */
export async function call(
  stack: Pick<Stack, 'api'>,
  method: string,
  target: string,
  request: Request = {},
): Promise<Answer> {
  const answer = await fetch(stack.api.url + target, {
    method,
    redirect: 'manual',
    signal: AbortSignal.timeout(CALL_LIMIT_MS),
    headers: { ...(request.body === undefined ? {} : JSON_BODY), ...request.headers },
    ...(request.body === undefined ? {} : { body: request.body }),
  });
  const text = await answer.text();
  return { status: answer.status, headers: answer.headers, text, json: parsed(text) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}

/** What `POST /session/{id}/acquire` answered with 200. */
export interface Acquired {
  readonly vector_store_id: string;
  readonly reused: boolean;
  readonly files: readonly string[];
  readonly file_paths: readonly string[];
  /** From `X-Lease-Id`. */
  readonly leaseId: string;
}

/** Acquires; throws unless the answer is 200. */
export async function acquire(stack: Pick<Stack, 'api'>, id: string, body?: object): Promise<Acquired> {
  const request = body === undefined ? {} : { body: JSON.stringify(body) };
  const answer = await call(stack, 'POST', `/session/${encodeURIComponent(id)}/acquire`, request);
  if (answer.status !== 200) throw new Error(`acquire ${id}: ${answer.status} ${answer.text}`);
  return { ...(answer.json as Omit<Acquired, 'leaseId'>), leaseId: answer.headers.get('x-lease-id') ?? '' };
}

/** Posts to `/session/{id}/{verb}`. */
export function post(
  stack: Pick<Stack, 'api'>,
  id: string,
  verb: string,
  request?: Request,
): Promise<Answer> {
  return call(stack, 'POST', `/session/${encodeURIComponent(id)}/${verb}`, request);
}

/** Tracks with a body of either generation. */
export function track(stack: Pick<Stack, 'api'>, id: string, body: unknown): Promise<Answer> {
  return post(stack, id, 'files', { body: JSON.stringify(body) });
}

/** `GET /session/{id}`, as far as tests look at it. */
export interface Shown {
  readonly lease_id: string;
  readonly state: string;
  readonly vector_store_id: string | null;
  readonly registered: boolean;
  readonly protected: boolean;
  readonly expires_at: string | null;
  readonly seconds_left: number | null;
  readonly renewed_at: string | null;
  readonly ended_at: string | null;
  readonly end_reason: string | null;
  readonly files: readonly string[];
  readonly file_paths: readonly string[];
  readonly deleted_files: readonly string[];
}

export async function show(stack: Pick<Stack, 'api'>, id: string): Promise<Shown> {
  const answer = await call(stack, 'GET', `/session/${encodeURIComponent(id)}`);
  if (answer.status !== 200) throw new Error(`GET session ${id}: ${answer.status} ${answer.text}`);
  return answer.json as Shown;
}

/**
 * Sends bytes as they are, for what fetch would tidy up, and reads until the server ends the connection, which
 * it has to be asked for by `Connection: close`.
 */
export async function raw(stack: Pick<Stack, 'api'>, text: string): Promise<string> {
  const socket = connect(Number(new URL(stack.api.url).port), '127.0.0.1');
  // Not ended: to Node's HTTP server a client that closes its side has gone away.
  socket.write(text);
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  await once(socket, 'close');
  return Buffer.concat(chunks).toString();
}

/** Rows of the lease table, for tests that prove a moment. */
export interface LeaseRow {
  readonly lease_id: string;
  readonly session_id: string;
  readonly state: string;
  readonly vector_store_id: string;
  readonly end_reason: string | null;
  readonly expires_at: Date | null;
  readonly renewed_at: Date | null;
  readonly ended_at: Date | null;
}

/** Every lease that the session ever had, oldest first. */
export function leasesOf(stack: Pick<Stack, 'databaseUrl'>, id: string): Promise<LeaseRow[]> {
  const sql = 'SELECT * FROM lease WHERE session_id = $1 ORDER BY created_at';
  return query<LeaseRow>(stack.databaseUrl, sql, [id]);
}

/** Uploads a small file to the simulator, as an MCP server would to its provider; resolves with its id. */
export async function upload(stack: Pick<Stack, 'simulator'>, text = 'text'): Promise<string> {
  const form = new FormData();
  form.set('purpose', 'assistants');
  form.set('file', new Blob([text]), 'note.txt');
  const answer = await fetch(`${stack.simulator.baseUrl}/files`, {
    method: 'POST',
    headers: { authorization: `Bearer ${TEST_MODE_KEY}` },
    body: form,
  });
  if (!answer.ok) throw new Error(`upload: ${answer.status} ${await answer.text()}`);
  return ((await answer.json()) as { id: string }).id;
}
