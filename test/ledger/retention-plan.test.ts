/** Retention over a hundred thousand uploads: by its indexes, page by page. */
import { Client, escapeLiteral } from 'pg';
import { expect, it, onTestFinished } from 'vitest';
import type { Ledger, Db } from '../../ledger/index.ts';
import { PLANNER } from '../../ledger/open.ts';
import {
  FROM_THE_START,
  selectFailed,
  selectLapsed,
  selectLeftover,
  selectUnused,
  type RetentionPage,
} from '../../ledger/queries/retention-select.ts';
import { openFileBench, seedUpload, type FileBench } from './files-kit.ts';
import { acquireOf } from './kit.ts';
import { mark } from './upkeep-kit.ts';

const UPLOADS = 100_000;

/** Of 20 uploads 12 unused ones, 3 for leases, 2 that lapse, 3 that failed; a tenth of the files is with a live lease. */
const FILL = `
WITH made AS (
  INSERT INTO file (provider, base_url, account_id, provider_file_id, uploaded)
  SELECT provider, base_url, account_id, 'file-' || n, true FROM file, generate_series(1, ${UPLOADS}) n
  RETURNING file_key, provider_file_id, account_id
), told AS (
  INSERT INTO provider_file_uploads (upload_id, account_id, provider, provider_file_id, file_key, sha256, filename,
    file_size_bytes, mime_type, purpose, user_id, plain, upload_status, created_at, last_used, expires_at)
  SELECT gen_random_uuid(), account_id, 'openai', CASE WHEN n % 20 < 17 THEN provider_file_id END,
    CASE WHEN n % 20 < 17 THEN file_key END, repeat('a', 64), 'a.txt', 7, 'text/plain', 'assistants', 'user ' || n,
    n % 20 NOT IN (12, 13, 14), CASE WHEN n % 20 < 17 THEN 'completed' ELSE 'failed' END,
    now() - interval '31 days' - n * interval '1 s', now() - interval '31 days' - n * interval '1 s',
    CASE WHEN n % 20 IN (15, 16) THEN now() - interval '1 day' END
  FROM made, LATERAL (SELECT substr(provider_file_id, 6)::int) AS number (n)
)
INSERT INTO lease_entry (lease_id, kind, entry_hash, entry, file_key)
SELECT lease_id, 'id', sha256(provider_file_id::bytea), provider_file_id, file_key FROM made, lease
WHERE substr(provider_file_id, 6)::int % 10 = 0`;

/** Other leases, so that it would not do to look through all of them. */
const OTHERS = `
INSERT INTO lease (lease_id, session_id, state, account_id, wake_at)
SELECT gen_random_uuid(), 'closed ' || n, 'closed', account_id, now() FROM lease, generate_series(1, 5000) n`;

async function filled(): Promise<FileBench> {
  const bench = await openFileBench();
  await seedUpload(bench, { fileId: 'file-first' });
  await bench.leasing.leases.acquire(acquireOf('one'));
  const client = new Client({ connectionString: bench.databaseUrl });
  await client.connect();
  await client.query(FILL);
  await client.query(OTHERS);
  await client.query('ANALYZE');
  await client.end();
  return bench;
}

interface Plan {
  readonly 'Node Type': string;
  readonly 'Index Name'?: string;
  readonly 'Index Cond'?: string;
  readonly 'Relation Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly Plans?: readonly Plan[];
}
const nodes = (plan: Plan): readonly Plan[] => [plan, ...(plan.Plans ?? []).flatMap(nodes)];

const literal = (value: unknown): string =>
  escapeLiteral(Array.isArray(value) ? `{${value.join()}}` : String(value));

/** How the server carries the statement out, with the ledger's settings. */
async function planOf(
  client: Client,
  select: (db: Db, page: RetentionPage) => Promise<unknown>,
  page: RetentionPage,
): Promise<readonly Plan[]> {
  let plan: Plan | undefined;
  const db: Db = {
    rows: async (statement, values) => {
      // Prepared, as the pool has it: a plan for these values alone would be another one.
      await client.query(`PREPARE "${statement.name}" AS ${statement.text}`);
      const text = `EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE "${statement.name}" (${values.map(literal).join()})`;
      const { rows } = await client.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(text);
      plan = rows[0]?.['QUERY PLAN'][0].Plan;
      return [];
    },
  };
  await select(db, page);
  if (plan === undefined) throw new Error('no plan');
  return nodes(plan);
}

const MIDDLE = new Date(Date.now() - 31 * 86_400_000 - 50_000_000).toISOString();
const PAGES = [
  [selectUnused, 'upload_unused', MIDDLE],
  [selectLeftover, 'upload_of_leases', MIDDLE],
  [selectFailed, 'upload_failed', MIDDLE],
  [selectLapsed, 'upload_lapsing', '-infinity'],
] as const;

/** The page is read from its index, from where the last one ended; whoever holds a file is looked up by the file. */
function expectByIndex(plan: readonly Plan[], index: string): void {
  const scans = plan.filter((node) => node['Index Name'] === index);
  expect(scans).toHaveLength(1);
  expect(scans[0]).toMatchObject({ 'Index Cond': expect.stringContaining('ROW('), 'Actual Rows': 200 });
  expect(scans[0]?.['Rows Removed by Filter'] ?? 0).toBe(0);
  expect(plan.filter((node) => /Seq Scan|Bitmap|Hash Join|Merge Join/.test(node['Node Type']))).toEqual([]);
  for (const node of plan.filter((one) => one['Relation Name'] !== undefined)) {
    expect([node['Relation Name'], node['Index Name'], node['Index Cond']]).not.toContain(undefined);
  }
}

/** The same ledger, which tells how many rows each statement resulted in. */
function counting(ledger: Ledger, sizes: number[]): Ledger {
  return {
    ...ledger,
    rows: async (statement, values) => {
      const rows = await ledger.rows(statement, values);
      sizes.push(rows.length);
      return rows as never[];
    },
  };
}

it('a hundred thousand uploads are selected by index, and one page is held at a time', async () => {
  const bench = await filled();
  const client = new Client({ connectionString: bench.databaseUrl, options: PLANNER });
  await client.connect();
  onTestFinished(() => client.end());
  for (const [select, index, at] of PAGES) {
    const after = { at, uploadId: FROM_THE_START.uploadId };
    expectByIndex(await planOf(client, select, { after, limit: 200, days: 30 }), index);
  }
  const sizes: number[] = [];
  const part = { ...bench, deps: { ...bench.deps, ledger: counting(bench.ledger, sizes) } };
  const counted = await mark(part, { dryRun: true });
  // A tenth is with the lease: 0 and 10 of each twenty, unused ones both.
  const due = (UPLOADS / 20) * (10 + 3 + 2 + 3);
  expect(counted).toMatchObject({ uploads: due, bytes: (UPLOADS / 20) * 15 * 7 });
  expect(Math.max(...sizes)).toBe(200);
  expect(sizes.length).toBeGreaterThan(UPLOADS / 200);
});
