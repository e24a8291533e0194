/** docs/examples/mcp_server.py, run by Python with the real httpx against a scripted service. */
import { afterEach, describe, expect, it } from 'vitest';
import { sessionIdOf } from '../../../docs/examples/mcp-server.ts';
import { httpxFolder, runPython } from './python.ts';
import { ACQUIRED, RENEWED, scriptedService, type Answer, type ScriptedService } from './scripted-service.ts';

const folder = httpxFolder();

/** Holds the store until `renewals` of them have gone out or the lease is lost, and tells what it saw. */
const program = (url: string, holdSeconds: number) => `
import asyncio, json, mcp_server
async def own_store(): return "vs_own"
async def main():
    async with mcp_server.leased_store("${url}", "a b/ü", own_store) as (store, lost):
        try: await asyncio.wait_for(lost.wait(), ${holdSeconds})
        except asyncio.TimeoutError: pass
        print(json.dumps({"store": store, "lost": lost.is_set()}))
asyncio.run(main())
`;

describe.skipIf(folder === undefined)(
  'leased_store (skipped without Python 3.10 and httpx)',
  { timeout: 60_000 },
  () => {
    let service: ScriptedService;
    afterEach(() => service.stop());

    async function hold(script: Record<string, readonly Answer[]>, seconds: number) {
      service = await scriptedService(script);
      return runPython(program(service.url, seconds), folder ?? '');
    }
    const renewals = () => service.calls.filter((call) => call.endsWith('/renew')).length;

    it('uses the leased store and renews it', async () => {
      expect(await hold({ acquire: [ACQUIRED], renew: [RENEWED] }, 1)).toEqual({
        store: 'vs_1',
        lost: false,
      });
      expect(service.calls[0]).toBe('POST /session/a%20b%2F%C3%BC/acquire');
      expect(renewals()).toBeGreaterThanOrEqual(1);
    });

    it('falls back to a store of its own on 5xx and when nobody answers', async () => {
      expect(await hold({ acquire: [{ status: 503 }] }, 0.1)).toEqual({ store: 'vs_own', lost: false });
      await service.stop();
      expect(await hold({ acquire: ['hang up'] }, 0.1)).toEqual({ store: 'vs_own', lost: false });
    });

    it('waits for Retry-After on 429', async () => {
      const busy: Answer = { status: 429, headers: { 'retry-after': '1' } };
      expect(await hold({ acquire: [busy, ACQUIRED], renew: [RENEWED] }, 0.1)).toMatchObject({
        store: 'vs_1',
      });
      expect(service.calls.filter((call) => call.endsWith('/acquire'))).toHaveLength(2);
    });

    it('learns that the lease has ended, and outlives a service that is away', async () => {
      const renew: Answer[] = ['hang up', { status: 503 }, { status: 404 }];
      expect(await hold({ acquire: [ACQUIRED], renew }, 10)).toEqual({ store: 'vs_1', lost: true });
      expect(renewals()).toBe(3);
    });

    it('makes the same session ids as the TypeScript example', async () => {
      service = await scriptedService({});
      const paths = ['/b/two.md', '/a/one.md', '/ü/𝒳.txt', '/a/￿.txt'];
      const ids = `import json, mcp_server; print(json.dumps(mcp_server.session_id_of(json.loads(${JSON.stringify(JSON.stringify(paths))}))))`;
      expect(await runPython(ids, folder ?? '')).toBe(sessionIdOf(paths));
    });
  },
);
