/** Every statement of the ledger, whether another test happens to reach it or not. */
import { Client } from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { PLANNER } from '../../ledger/open.ts';
import { createDatabase } from '../support/databases.ts';
import { allStatements } from './all-statements.ts';

let client: Client;
beforeAll(async () => {
  client = new Client({ connectionString: await createDatabase('statements'), options: PLANNER });
  await client.connect();
});
afterAll(async () => {
  await client.end();
});

it('the server accepts every statement, and no two share a name', async () => {
  const { sent, written } = await allStatements();
  const refused: string[] = [];
  for (const [name, text] of sent) {
    await client
      .query(`PREPARE "${name}" AS ${text}`)
      .catch((error: unknown) => refused.push(`${name}: ${String(error)}`));
  }
  expect(refused).toEqual([]);
  expect([...sent.keys()].toSorted()).toEqual(written.toSorted());
});

interface Plan {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Cond'?: string;
  readonly 'Sort Key'?: readonly string[];
  readonly Plans?: readonly Plan[];
}

/** Names of tables that the plan reads without going by a key. */
function scanned(plan: Plan): string[] {
  const table = plan['Relation Name'];
  const reads = /Scan/.test(plan['Node Type']) && table !== undefined && plan['Index Cond'] === undefined;
  return [...(reads ? [table] : []), ...(plan.Plans ?? []).flatMap(scanned)];
}

/**
 * Those that are about all leases or uploads, or read tables or partial indexes of a handful of rows; each runs rarely
 * or reads one page.
 */
const MAY_SCAN = [
  ...['files-counts', 'files-list-stuck', 'files-live-bytes', 'files-sums', 'last-retention'],
  ...['store-usage', 'claim-places', 'lease-forecast', 'accounts-in-use'],
  ...[
    'check-workflows',
    'newest-listing',
    'lease-counts',
    'unsee-all',
    'expired-draining',
    'expire-due-all',
    'nuke-leases',
    'list-leases',
    'wake-paused',
    'wake-paused-files',
    'release-leases',
    'leases-left',
  ],
  ...[
    'forget-workers',
    'heartbeat-age',
    'read-notices',
    'prune-files',
    'ensure-installation',
    'prune-history',
    'stores-omitted',
    'job-outcomes',
  ],
];

/** `SELECT id::text … ORDER BY id` sorts by the text, and puts 99 after 100. */
function sortedAsText(plan: Plan): string[] {
  const keys = (plan['Sort Key'] ?? []).filter((key) => key.includes(')::text'));
  return [...keys, ...(plan.Plans ?? []).flatMap(sortedAsText)];
}

async function rootOf(text: string): Promise<Plan> {
  const sql = `EXPLAIN (GENERIC_PLAN, FORMAT JSON) ${text}`;
  const { rows } = await client.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(sql);
  if (rows[0] === undefined) throw new Error(`no plan of ${text}`);
  return rows[0]['QUERY PLAN'][0].Plan;
}

it('sorts by nothing that was made a text for its answer', async () => {
  const { sent } = await allStatements();
  const sorts: Record<string, string[]> = {};
  for (const [name, text] of sent) {
    const keys = sortedAsText(await rootOf(text));
    if (keys.length > 0) sorts[name] = keys;
  }
  expect(sorts).toEqual({});
});

it('goes by a key, whatever the tables held when the plan was made', async () => {
  const { sent } = await allStatements();
  const scans: Record<string, string[]> = {};
  for (const [name, text] of sent) {
    const tables = scanned(await rootOf(text));
    if (tables.length > 0 && !MAY_SCAN.includes(name)) scans[name] = tables;
  }
  expect(scans).toEqual({});
});
