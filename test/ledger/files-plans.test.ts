/** What is read of uploads, by which index: of each statement on empty tables and on tables full of live files. */
import { Client } from 'pg';
import { expect, it, onTestFinished } from 'vitest';
import { PLANNER } from '../../ledger/open.ts';
import { allStatements } from './all-statements.ts';
import { openFileBench, type FileBench } from './files-kit.ts';

const EXPECTED = {
  'files-counts': ['file_due', 'file_live', 'upload_unsettled'],
  'files-list-stuck': [
    ...['file_due', 'file_pkey', 'provider_file_uploads_pkey', 'upload_file', 'upload_unsettled'],
  ],
  'files-list': ['file_pkey', 'upload_newest'],
  'files-of-id': ['upload_provider_file'],
  'uploads-of-file': ['file_pkey', 'upload_file'],
  'leases-of-file': ['lease_entry_file', 'lease_pkey'],
};

/** Names of the indexes that each of the statements reads. */
async function indexesRead(client: Client): Promise<Record<string, string[]>> {
  const { sent } = await allStatements();
  const read: Record<string, string[]> = {};
  for (const name of Object.keys(EXPECTED)) {
    const { rows } = await client.query<{ 'QUERY PLAN': string }>(
      `EXPLAIN (GENERIC_PLAN) ${sent.get(name) ?? ''}`,
    );
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
    expect(plan, name).not.toContain('Seq Scan on');
    read[name] = [...new Set([...plan.matchAll(/using (\w+)/g)].map(([, index]) => index ?? ''))].toSorted();
  }
  return read;
}

async function fill(client: Client, bench: FileBench): Promise<void> {
  const { accountId, provider } = bench.account('openai');
  await client.query(
    `INSERT INTO file (provider, base_url, account_id, provider_file_id, uploaded)
     SELECT 'openai', $1, $2, 'file-' || n, true FROM generate_series(1, 5000) AS n`,
    [provider.account.baseUrl, accountId],
  );
  await client.query(
    `INSERT INTO provider_file_uploads (upload_id, account_id, provider, provider_file_id, file_key, sha256, filename,
       file_size_bytes, mime_type, purpose, user_id, plain, upload_status)
     SELECT gen_random_uuid(), account_id, provider, provider_file_id, file_key, repeat('a', 64), 'a.txt', 1,
       'text/plain', 'assistants', 'ann', true, 'completed' FROM file`,
  );
  await client.query('ANALYZE file, provider_file_uploads');
}

it('lists, gauges and details read what they are about, and not all uploads', async () => {
  const bench = await openFileBench();
  const client = new Client({ connectionString: bench.databaseUrl, options: PLANNER });
  await client.connect();
  onTestFinished(() => client.end());
  expect(await indexesRead(client)).toEqual(EXPECTED);
  await fill(client, bench);
  expect(await indexesRead(client)).toEqual(EXPECTED);
});
