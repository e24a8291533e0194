/**
 * What a process has one of is made in one place, which each composition root comes to once. That the servers see no
 * more than that: test/stack/one-of-each.test.ts.
 */
import { describe, expect, it } from 'vitest';
import { productFiles, read } from './repository.ts';

/** Rooms of the two processes; commands, the embedded stack and the simulator open what they need by themselves. */
const SERVICE = /^(api|worker|leases|files|deletion|providers|ledger|workflows|activities|maintenance)\//;
const sources = productFiles()
  .filter((path) => SERVICE.test(path))
  .map((path) => ({ path, text: read(path) }));

/** Files in which an expression stands, once for each time. */
const places = (expression: RegExp): string[] =>
  sources.flatMap(({ path, text }) => [...text.matchAll(expression)].map(() => path)).sort();

describe('one of each in a process', () => {
  it.each([
    ['a client of a provider', /new OpenAI\(/g, ['providers/sdk-client.ts']],
    ['a connection to Temporal', /Connection\.(?:lazy|connect)\(/g, ['worker/run.ts', 'workflows/client.ts']],
    // The second is that of a database which is not the ledger, for the time of one job.
    ['a pool', /new Pool\(/g, ['ledger/checkpoints/open.ts', 'ledger/open.ts']],
    [
      'a single connection',
      /new Client\(/g,
      // For migrations before a start, for a backup, and Temporal's.
      ['ledger/describe-schema.ts', 'ledger/dump/connect.ts', 'ledger/migrate.ts', 'workflows/client.ts'],
    ],
    ['the pool of the ledger', /\bopenLedger\((?!options)/g, ['leases/start-ledger.ts']],
  ])('%s is made in one place', (_what, expression, expected) => {
    expect(places(expression)).toEqual(expected);
  });

  it.each([
    ['providers', /(?<!function )\bcreateProviders\(/g],
    ['a client of Temporal', /(?<!function )\bcreateTemporalClient\(/g],
    ['a ledger', /(?<!function )\b(?:begin|start)Ledger\((?!start[:)])/g],
  ])('each process makes %s once', (_what, expression) => {
    expect(places(expression)).toEqual(['api/run.ts', 'worker/assemble.ts']);
  });

  it.each(['api/run.ts', 'worker/run.ts'])(
    '%s lets go of the ledger last, and of Temporal right before it',
    (path) => {
      const [, steps = ''] =
        /(await Promise\.all\(\[[^\]]*otifier\S*stop\(\)[^]*?)\n\}/.exec(read(path)) ?? [];
      const lines = steps.split('\n').map((line) => line.trim());
      expect(lines.slice(1)).toEqual(['await client.connection.close();', 'await ledger.close();']);
    },
  );
});
