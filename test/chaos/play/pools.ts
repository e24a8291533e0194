/** What is at the provider before a schedule begins. */
import { FOREIGN_FILES, foreignName } from '../schedule/contents.ts';

const KEY = 'test-mode';

/** Ids by the places that a schedule names. */
export interface Pools {
  readonly files: readonly string[];
  readonly stores: readonly string[];
  /** Of somebody else: never shown to the service. */
  readonly foreign: { readonly stores: readonly string[]; readonly files: readonly string[] };
}

const FOREIGN_STORES = 4;

async function make(url: string, path: string, body: FormData | string): Promise<string> {
  const json = typeof body === 'string' ? { 'content-type': 'application/json' } : {};
  const response = await fetch(url + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${KEY}`, ...json },
    body,
    signal: AbortSignal.timeout(10_000),
  });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return ((await response.json()) as { id: string }).id;
}

function makeFile(url: string, name: string): Promise<string> {
  const form = new FormData();
  form.set('purpose', 'assistants');
  form.set('file', new File([name], `${name}.txt`));
  return make(url, '/files', form);
}

function makeStore(url: string, name: string): Promise<string> {
  return make(url, '/vector_stores', JSON.stringify({ name }));
}

/** What a program does with the store of its lease by itself: uploads a file, or takes one, and attaches it. */
export async function attachFile(
  simulatorUrl: string,
  store: string,
  known: string | null,
): Promise<{ readonly file: string | null; readonly attached: boolean }> {
  // What goes wrong with the service's uploads goes wrong with this one.
  const file = known ?? (await makeFile(simulatorUrl, 'attached').catch(() => null));
  if (file === null) return { file, attached: false };
  const attached = await make(
    simulatorUrl,
    `/vector_stores/${store}/files`,
    JSON.stringify({ file_id: file }),
  ).then(
    () => true,
    () => false,
  );
  return { file, attached };
}

async function several(count: number, one: (n: number) => Promise<string>): Promise<string[]> {
  return Promise.all(Array.from({ length: count }, (_, n) => one(n)));
}

/** Makes files and stores for the clients to track and to register, and some that are nobody's business. */
export async function makePools(
  simulatorUrl: string,
  count: { readonly files: number; readonly stores: number },
): Promise<Pools> {
  const files = await several(count.files, (n) => makeFile(simulatorUrl, `offered-${n}`));
  const stores = await several(count.stores, (n) => makeStore(simulatorUrl, `offered-${n}`));
  const foreign = {
    stores: await several(FOREIGN_STORES, (n) => makeStore(simulatorUrl, foreignName(n))),
    files: await several(FOREIGN_FILES, (n) => makeFile(simulatorUrl, foreignName(n))),
  };
  return { files, stores, foreign };
}
