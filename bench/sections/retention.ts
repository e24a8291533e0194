import { TEST_MODE_KEY } from '../../config/index.ts';
import { peakMiB } from '../peak-memory.ts';
import type { Program } from '../programs.ts';
import type { Report } from '../report.ts';
import { residentMiB } from '../resident-memory.ts';
import { openSql, type Sql } from '../sql.ts';
import { secondsUntil } from '../wait.ts';
import type { World } from '../world.ts';

const FILES = 10_000;
const ROWS = 100_000;
const CONNECTIONS = 16;
/** `PROVIDER_CONCURRENCY`, and no limit of the rate: the default of 30 a second would be what is measured. */
const CONCURRENCY = 16;

async function makeFiles(world: World): Promise<readonly string[]> {
  const ids: string[] = [];
  let left = FILES;
  const make = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const form = new FormData();
      form.set('purpose', 'assistants');
      form.set('file', new File(['x'], 'expired.txt'));
      const answer = await fetch(`${world.simulator.baseUrl}/files`, {
        method: 'POST',
        headers: { authorization: `Bearer ${TEST_MODE_KEY}` },
        body: form,
      });
      ids.push(((await answer.json()) as { id: string }).id);
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, make));
  return ids;
}

/** Uploads that nobody has used for 40 days, written straight into the ledger. */
async function record(sql: Sql, fileIds: readonly string[]): Promise<void> {
  await sql.rows(
    `WITH made AS (
       INSERT INTO file (provider, base_url, account_id, provider_file_id, uploaded, tracked_at)
       SELECT a.provider, a.base_url, a.account_id, id, true, clock_timestamp() - interval '40 days'
       FROM account a, unnest($1::text[]) AS t (id) WHERE a.provider = 'openai'
       RETURNING file_key, account_id, provider, provider_file_id)
     INSERT INTO provider_file_uploads (upload_id, account_id, provider, provider_file_id, file_key, sha256, filename,
       file_size_bytes, mime_type, purpose, user_id, plain, upload_status, created_at, last_used, verified_at)
     SELECT gen_random_uuid(), account_id, provider, provider_file_id, file_key, encode(sha256(provider_file_id::bytea), 'hex'),
       'expired.txt', 1, 'text/plain', 'assistants', 'bench', true, 'completed', t, t, t
     FROM made, LATERAL (SELECT clock_timestamp() - interval '40 days') AS s (t)`,
    [fileIds],
  );
}

const count = async (sql: Sql, condition: string): Promise<number> =>
  (
    await sql.rows<{ n: number }>(`SELECT count(*)::int AS n FROM provider_file_uploads WHERE ${condition}`)
  )[0]?.n ?? 0;

async function dryRun(api: Program): Promise<number> {
  const answer = await fetch(`${api.url}/files/cleanup?dry_run=true`, { method: 'POST' });
  const body = (await answer.json()) as { files_marked?: number };
  return body.files_marked ?? Number.NaN;
}

async function selection(report: Report, sql: Sql, { api, worker }: { api: Program; worker: Program }) {
  const peaks: number[] = [];
  for (const rows of [FILES, ROWS]) {
    const there = await count(sql, 'true');
    if (rows > there)
      await record(
        sql,
        Array.from({ length: rows - there }, (_unused, n) => `file-none-${n}`),
      );
    let selected = 0;
    const begin = performance.now();
    peaks.push(
      await peakMiB(worker.part.pid, async () => {
        selected = await dryRun(api);
      }),
    );
    const seconds = ((performance.now() - begin) / 1000).toFixed(1);
    report.line(`  dry run over ${rows} expired uploads: ${selected} selected in ${seconds} s`);
  }
  const growth = (peaks[1] ?? Infinity) - (peaks[0] ?? 0);
  report.target('memory, ten times as many rows', growth, { op: '<=', bound: 20, unit: ' MiB' });
}

/** Retention: 10 000 expired files to the proof of their deletion, and what the selection of 100 000 rows takes. */
export async function benchRetention(world: World, report: Report): Promise<void> {
  report.line(
    `retention of ${FILES} expired files: ${CONCURRENCY} deletions at once, no limit of the rate, simulator without latency`,
  );
  const databaseUrl = await world.database('bench_retention');
  const settings = {
    DATABASE_URL: databaseUrl,
    TASK_QUEUE: 'bench-retention',
    PROVIDER_CONCURRENCY: CONCURRENCY,
    PROVIDER_DELETE_PER_SECOND: 0,
    CLEANUP_WAIT_SECONDS: 120,
  };
  const worker = await world.worker(settings);
  const api = await world.api(settings);
  const sql = await openSql(databaseUrl);
  await record(sql, await makeFiles(world));
  const idle = await residentMiB(worker.part.pid);
  await fetch(`${api.url}/files/cleanup`, { method: 'POST' });
  const gone = async (): Promise<boolean> => (await count(sql, 'provider_deleted_at IS NULL')) === 0;
  let seconds = 0;
  const peak = await peakMiB(worker.part.pid, async () => {
    seconds = await secondsUntil(gone, { seconds: 600, describe: 'all files proven gone' });
  });
  const [marked] = await sql.rows<{ seconds: number }>(
    'SELECT extract(epoch FROM max(provider_deleted_at) - min(deleted_at))::float8 AS seconds FROM provider_file_uploads',
  );
  const took = marked?.seconds ?? seconds;
  report.line(
    `  ${FILES} files in ${took.toFixed(1)} s, ${Math.round(FILES / took)} a second; worker idle ${Math.round(idle)} MiB, at most ${Math.round(peak)}`,
  );
  await sql.rows('DELETE FROM provider_file_uploads');
  await record(
    sql,
    Array.from({ length: FILES }, (_unused, n) => `file-first-${n}`),
  );
  await selection(report, sql, { api, worker });
  await sql.end();
  await world.stop(api, worker);
}
