const TIMEOUT_MS = 15_000;

/** The calls that an MCP server makes for one session; bodies as the HTTP contract has them. */
export interface SessionCalls {
  acquire(): Promise<{ vector_store_id: string; reused: boolean; files: string[] }>;
  track(fileIds: readonly string[]): Promise<{ tracked: number }>;
  /** Status of the answer: 200, or 404 once the lease has ended. */
  renew(): Promise<number>;
  look(): Promise<{ state: string; seconds_left: number | null; workflow_url: string | null }>;
}

/** Calls for the session at an api. They throw for any answer but success, `renew` apart. */
export function sessionCalls(apiUrl: string, session: string): SessionCalls {
  const call = (method: string, path: string, body?: unknown) =>
    fetch(`${apiUrl}/session/${encodeURIComponent(session)}${path}`, {
      method,
      signal: AbortSignal.timeout(TIMEOUT_MS),
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
  const answer = async <T>(response: Response): Promise<T> => {
    if (!response.ok)
      throw new Error(`${response.url} answered ${response.status}: ${await response.text()}`);
    return (await response.json()) as T;
  };
  return {
    acquire: async () => answer(await call('POST', '/acquire')),
    track: async (fileIds) => answer(await call('POST', '/files', fileIds)),
    renew: async () => {
      const response = await call('POST', '/renew');
      await response.arrayBuffer();
      return response.status;
    },
    look: async () => answer(await call('GET', '')),
  };
}
