import { afterAll } from 'vitest';
import type { Files } from '../../../files/contract.ts';
import type { Leases } from '../../../leases/contract.ts';
import { stubApp, type Options, type Stub } from './stub.ts';

type Method = 'GET' | 'POST' | 'DELETE' | 'PUT' | 'PATCH' | 'HEAD' | 'OPTIONS';

interface SharedApp extends Stub {
  /** Answers of the leases and the files until the next request; replaced for each. */
  readonly override: Partial<Leases>;
  readonly fileOverride: Partial<Files>;
}

/** Apps by their options, made when first asked for (that takes 0.1 s) and closed at the file's end. */
export function sharedApps(): (options?: Options) => Promise<SharedApp> {
  const apps = new Map<string, Promise<SharedApp>>();
  afterAll(async () => {
    for (const shared of apps.values()) await (await shared).app.close();
  });
  return async ({ leases = {}, files = {}, ...options } = {}) => {
    const key = JSON.stringify(options);
    const made = apps.get(key) ?? makeShared(options);
    apps.set(key, made);
    const shared = await made;
    replace(shared.override, leases);
    replace(shared.fileOverride, files);
    shared.calls.length = 0;
    shared.told.events.length = 0;
    return shared;
  };
}

function replace<Room extends object>(old: Partial<Room>, by: Partial<Room>): void {
  for (const name of Object.keys(old)) Reflect.deleteProperty(old, name);
  Object.assign(old, by);
}

async function makeShared(options: Options): Promise<SharedApp> {
  const override: Partial<Leases> = {};
  const fileOverride: Partial<Files> = {};
  const stub = await stubApp({ ...options, leases: override, files: fileOverride });
  return { ...stub, override, fileOverride };
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
