/** A client of the service as an MCP server is one: bounded calls, and patience where the service asks for it. */
import { setTimeout as sleep } from 'node:timers/promises';

export interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  readonly headers: Headers;
  readonly tookMs: number;
}

export interface CallOptions {
  readonly body?: unknown;
  /** Default 15 s, longer than any route may take. */
  readonly timeoutMs?: number;
}

/** One POST; rejects where the connection breaks. */
export function post(url: string, path: string, options: CallOptions = {}): Promise<Answer> {
  return call(url, path, { method: 'POST', ...options });
}

export function get(url: string, path: string): Promise<Answer> {
  return call(url, path, { method: 'GET' });
}

async function call(url: string, path: string, how: CallOptions & { method: string }): Promise<Answer> {
  const startedAt = performance.now();
  const response = await fetch(url + path, {
    method: how.method,
    signal: AbortSignal.timeout(how.timeoutMs ?? 15_000),
    ...(how.body === undefined
      ? {}
      : { body: JSON.stringify(how.body), headers: { 'content-type': 'application/json' } }),
  });
  const text = await response.text();
  const body = (text === '' ? {} : JSON.parse(text)) as Readonly<Record<string, unknown>>;
  return { status: response.status, body, headers: response.headers, tookMs: performance.now() - startedAt };
}

const RETRY_MS = 250;

/** Asks again on 5xx and broken connections, as clients do; resolves with the first other answer. */
export async function postPatiently(url: string, path: string, deadlineMs = 45_000): Promise<Answer> {
  const giveUpAt = performance.now() + deadlineMs;
  let last: unknown;
  while (performance.now() < giveUpAt) {
    try {
      const answer = await post(url, path);
      if (answer.status < 500) return answer;
      last = answer;
    } catch (error) {
      last = error;
    }
    await sleep(RETRY_MS);
  }
  throw new Error(`POST ${path}: no answer below 500 within ${deadlineMs} ms; last: ${JSON.stringify(last)}`);
}

/** Puts a file into the provider's account; resolves with its id. */
export async function uploadFile(baseUrl: string, name: string, key = 'test-mode'): Promise<string> {
  const form = new FormData();
  form.set('purpose', 'assistants');
  form.set('file', new File([name], `${name}.txt`));
  const response = await fetch(`${baseUrl}/files`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}` },
    body: form,
    signal: AbortSignal.timeout(10_000),
  });
  if (!response.ok) throw new Error(`upload: ${response.status} ${await response.text()}`);
  return ((await response.json()) as { id: string }).id;
}
