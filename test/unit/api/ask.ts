import { afterEach } from 'vitest';
import { stubApp, type Options } from './stub.ts';

type Method = 'GET' | 'POST' | 'DELETE' | 'PUT' | 'PATCH' | 'HEAD' | 'OPTIONS';
type Stub = Awaited<ReturnType<typeof stubApp>>;

/** One request to a fresh app; `last()` is that app and what it called. Closed after each test. */
export function asker() {
  let stub: Stub | undefined;
  afterEach(() => stub?.app.close());
  const last = (): Stub => {
    if (stub === undefined) throw new Error('nothing was asked yet');
    return stub;
  };
  const ask = async (
    method: Method,
    url: string,
    how: Options & { body?: string; headers?: Record<string, string> } = {},
  ) => {
    await stub?.app.close();
    stub = await stubApp(how);
    return stub.app.inject({
      method,
      url,
      headers: { host: '127.0.0.1:9876', ...how.headers },
      ...(how.body === undefined ? {} : { payload: how.body }),
    });
  };
  return { ask, last };
}

/** A call of the leases that fails. */
export const refuse = (error: Error) => () => Promise.reject(error);
