import { afterAll } from 'vitest';
import type { Leases } from '../../../leases/contract.ts';
import { stubApp, type Options } from './stub.ts';

type Method = 'GET' | 'POST' | 'DELETE' | 'PUT' | 'PATCH' | 'HEAD' | 'OPTIONS';
type Stub = Awaited<ReturnType<typeof stubApp>>;

interface SharedApp extends Stub {
  /** Answers of the leases until the next request; replaced for each. */
  readonly override: Partial<Leases>;
}

/** Apps by their options, made when first asked for (that takes 0.1 s) and closed at the file's end. */
export function sharedApps(): (options?: Options) => Promise<SharedApp> {
  const apps = new Map<string, Promise<SharedApp>>();
  afterAll(async () => {
    for (const shared of apps.values()) await (await shared).app.close();
  });
  return async ({ leases = {}, ...options } = {}) => {
    const key = JSON.stringify(options);
    const made = apps.get(key) ?? makeShared(options);
    apps.set(key, made);
    const shared = await made;
    for (const name of Object.keys(shared.override)) delete shared.override[name as keyof Leases];
    Object.assign(shared.override, leases);
    shared.calls.length = 0;
    return shared;
  };
}

async function makeShared(options: Options): Promise<SharedApp> {
  const override: Partial<Leases> = {};
  return { ...(await stubApp({ ...options, leases: override })), override };
}

/** One request at a time; `last()` is the app that answered it and what it called for that. */
export function asker() {
  const appOf = sharedApps();
  let stub: Stub | undefined;
  const last = (): Stub => {
    if (stub === undefined) throw new Error('nothing was asked yet');
    return stub;
  };
  const ask = async (
    method: Method,
    url: string,
    { body, headers, ...options }: Options & { body?: string; headers?: Record<string, string> } = {},
  ) => {
    stub = await appOf(options);
    return stub.app.inject({
      method,
      url,
      headers: { host: '127.0.0.1:9876', ...headers },
      ...(body === undefined ? {} : { payload: body }),
    });
  };
  return { ask, last };
}

/** A call of the leases that fails. */
export const refuse = (error: Error) => () => Promise.reject(error);
