import { expect, inject, test } from 'vitest';
import { createDatabase, query } from '../support/databases.ts';
import { createNamespace } from '../support/namespaces.ts';
import { startSimulator } from '../support/programs.ts';

test('every file gets a migrated ledger, a namespace and a simulator of its own', async () => {
  const url = await createDatabase('support');
  const rows = await query<{ n: string }>(url, 'SELECT count(*) AS n FROM lease');
  expect(rows[0]?.n).toBe('0');
  expect(await createNamespace('support')).toMatch(/^support-/);
  expect(inject('temporalAddress')).toMatch(/^127\.0\.0\.1:/);
  const simulator = await startSimulator();
  expect((await simulator.control.state()).stores).toEqual([]);
  expect(await simulator.stop()).toBe('code 0');
});
