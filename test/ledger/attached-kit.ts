/** A client that uploads files and attaches them to stores without ever tracking them. */
import OpenAI from 'openai';
import type { LeaseSettings } from '../../leases/index.ts';
import type { Operation } from '../../simulator/contract.ts';
import { acquireOf, ask, CONTEXT, KEY, openBench, type Bench, type Part } from './kit.ts';

export interface Client {
  readonly bench: Bench;
  readonly sdk: OpenAI;
  /** Uploads; resolves with the ids. */
  upload(count: number): Promise<string[]>;
  attach(storeId: string, fileIds: readonly string[]): Promise<void>;
  /** A live lease with that many files in its store. */
  lease(sessionId: string, files: number): Promise<Held>;
  release(sessionId: string): Promise<void>;
  /** Files that exist at the provider. */
  fileIds(): Promise<readonly string[]>;
  count(operation: Operation): Promise<number>;
  kept(sessionId: string): Promise<Record<string, string>>;
}

export interface Held {
  readonly leaseId: string;
  readonly storeId: string;
  readonly ids: readonly string[];
}

export async function openClient(settings: Partial<LeaseSettings> = {}): Promise<Client> {
  const bench = await openBench(settings);
  const sdk = new OpenAI({ apiKey: KEY, baseURL: bench.simulator.baseUrl, maxRetries: 0 });
  const upload = async (count: number) => {
    const ids: string[] = [];
    for (let n = 0; n < count; n += 1) {
      ids.push((await sdk.files.create({ file: new File(['x'], `${n}.txt`), purpose: 'assistants' })).id);
    }
    return ids;
  };
  const attach = async (storeId: string, fileIds: readonly string[]) => {
    for (const id of fileIds) await sdk.vectorStores.files.create(storeId, { file_id: id });
  };
  return {
    bench,
    sdk,
    upload,
    attach,
    lease: async (sessionId, files) => {
      const { leaseId, vectorStoreId: storeId } = await bench.leases.acquire(acquireOf(sessionId));
      const ids = await upload(files);
      await attach(storeId, ids);
      return { leaseId, storeId, ids };
    },
    release: (sessionId) => bench.leases.release({ ...ask(sessionId), force: false }),
    fileIds: async () => (await bench.control.state()).files.map((file) => file.id),
    count: async (operation) =>
      (await bench.control.journal()).filter((entry) => entry.operation === operation).length,
    kept: async (sessionId) => {
      const { keptFiles } = await bench.leases.get(sessionId);
      return Object.fromEntries(keptFiles.map((file) => [file.fileId, file.reason]));
    },
  };
}

/** One pass as the workflow makes it. */
export async function pass(part: Pick<Part, 'keeper'>, leaseId: string) {
  const files = await part.keeper.deleteFiles(leaseId, CONTEXT);
  const store = await part.keeper.deleteStore(leaseId, CONTEXT);
  return { closed: store.closed, waitMs: Math.max(store.waitMs, files.waitMs) };
}

export const DONE = { closed: true, waitMs: 0 };
