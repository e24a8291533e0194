/** A client of the service as an MCP server is one: bounded calls, and patience where the service asks for it. */
import { until } from '../support/until.ts';

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

/** Asks again on 5xx and broken connections, as clients do; resolves with the first other answer. */
export async function postPatiently(url: string, path: string, deadlineMs = 45_000): Promise<Answer> {
  let last: Answer | undefined;
  return until(
    async () => {
      last = await post(url, path);
      return last.status < 500 ? last : null;
    },
    {
      describe: () => `POST ${path} answered below 500; last ${last?.status} ${JSON.stringify(last?.body)}`,
      deadlineMs,
      everyMs: 250,
    },
  );
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
