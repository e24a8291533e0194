import { createHash } from 'node:crypto';

export interface Work<T> {
  /** What you do with the store; the signal fires when the lease is lost and the store with it. */
  use(storeId: string, lost: AbortSignal): Promise<T>;
  /** Makes a store of your own, for the time that the service is away. You delete it yourself. */
  ownStore(): Promise<string>;
}

/** The same files give the same session, in whatever order they come. */
export function sessionIdOf(paths: readonly string[]): string {
  const sorted = [...paths].sort((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)));
  return createHash('md5').update(sorted.join('|')).digest('hex').slice(0, 16);
}

/** Runs the work with the session's vector store and renews the lease as long as the work goes on. */
export async function withStore<T>(service: string, sessionId: string, work: Work<T>): Promise<T> {
  const session = `${service}/session/${encodeURIComponent(sessionId)}`;
  const lost = new AbortController();
  const lease = await acquire(session);
  if (lease === null) return work.use(await work.ownStore(), lost.signal);

  const renewal = setInterval(() => void renew(session, lost), (lease.seconds * 1000) / 3);
  try {
    return await work.use(lease.storeId, lost.signal);
  } finally {
    clearInterval(renewal); // nothing to clean up: the lease ends by itself
  }
}

/** The session's store, or null when the service is away: unreachable, or answering 5xx. */
async function acquire(session: string): Promise<{ storeId: string; seconds: number } | null> {
  for (;;) {
    const answer = await post(`${session}/acquire`, 10_000);
    if (answer === null || answer.status >= 500) return null;
    if (answer.status === 429) {
      const seconds = Number(answer.headers.get('retry-after') ?? 1);
      await new Promise((resume) => setTimeout(resume, seconds * 1000));
      continue; // the service is there: a store of your own would only add to the crowd
    }
    if (!answer.ok) throw new Error(`acquire: ${answer.status} ${await answer.text()}`);
    const { vector_store_id: storeId } = (await answer.json()) as { vector_store_id: string };
    return { storeId, seconds: Number(answer.headers.get('x-lease-seconds') ?? 3600) };
  }
}

/** One renewal. While the service is away the lease lives on; only a 404 says that it has ended. */
async function renew(session: string, lost: AbortController): Promise<void> {
  const answer = await post(`${session}/renew`, 5_000);
  if (answer?.status === 404) lost.abort(new Error('the lease has ended'));
}

function post(url: string, timeoutMs: number): Promise<Response | null> {
  return fetch(url, { method: 'POST', signal: AbortSignal.timeout(timeoutMs) }).catch(() => null);
}
