/** The README's examples, run against the real service: its control flow is covered in test/unit/docs. */
import { beforeAll, describe, expect, it } from 'vitest';
import { sessionIdOf, withStore } from '../../docs/examples/mcp-server.ts';
import { startStack, type Stack } from '../support/stack.ts';
import { until } from '../support/until.ts';
import { httpxFolder, runPython } from '../unit/docs/python.ts';

/** Short enough to see a lease outlive it by renewing, long enough for a busy machine to renew in time. */
const LEASE_SECONDS = 6;
let stack: Stack;
beforeAll(async () => {
  stack = await startStack({ LEASE_SECONDS });
});

const stores = async () =>
  (await stack.simulator.control.journal()).filter((entry) => entry.effect === 'created');
const deletions = async (id: string) =>
  (await stack.simulator.control.journal()).filter(
    (entry) => entry.effect === 'deleted' && entry.target === id,
  );

it('TypeScript: the store outlives its lease while the work goes on, and is deleted afterwards', async () => {
  const begun = performance.now();
  const storeId = await withStore(stack.api.url, sessionIdOf(['/a/one.md', '/b/two.md']), {
    use: async (id, lost) => {
      await until(() => performance.now() - begun > (LEASE_SECONDS + 3) * 1_000, {
        describe: 'more than a lease has passed',
      });
      expect(lost.aborted).toBe(false);
      expect(await deletions(id)).toEqual([]);
      return id;
    },
    ownStore: () => Promise.reject(new Error('the service is there')),
  });
  expect((await stores()).map((entry) => entry.target)).toContain(storeId);
  await until(async () => (await deletions(storeId)).length === 1, {
    describe: 'the store is deleted',
    deadlineMs: 40_000,
  });
});

const folder = httpxFolder();
describe.skipIf(folder === undefined)('Python (skipped without Python 3.10 and httpx)', () => {
  it('leases the same store for the same files', async () => {
    const program = `
import asyncio, json, mcp_server
async def own_store(): raise RuntimeError("the service is there")
async def main():
    session = mcp_server.session_id_of(["/b/four.md", "/a/three.md"])
    async with mcp_server.leased_store("${stack.api.url}", session, own_store) as (store, lost):
        print(json.dumps(store))
asyncio.run(main())
`;
    const first = await runPython(program, folder ?? '');
    expect((await stores()).map((entry) => entry.target)).toContain(first);
    expect(await runPython(program, folder ?? '')).toBe(first);
  });
});
