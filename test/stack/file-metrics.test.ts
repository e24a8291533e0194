/** What `/metrics` tells of uploads while they succeed, repeat, fail, break off and go; and the examples of docs/files.md. */
import { execFile, execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { uploadFile } from '../../docs/examples/upload-file.ts';
import { PROVIDER_NAMES } from '../../domain/providers.ts';
import { query } from '../support/databases.ts';
import { pause, resume, scratchDirectory } from '../support/parts.ts';
import { findPromtool } from '../support/promtool.ts';
import { scrubbedEnv } from '../support/scrub.ts';
import { temporalBinary } from '../support/shared-servers.ts';
import { startStack, type Stack } from '../support/stack.ts';
import { until } from '../support/until.ts';
import { httpxFolder, runPython } from '../unit/docs/python.ts';
import { scrape, scrapeText, total, type Samples } from './scrape.ts';
import { acquire, call, post } from './session-calls.ts';

let stack: Stack;
let before: { api: Samples; worker: Samples };
let after: { api: Samples; worker: Samples };
/** Of the api, while the breaker of one provider is open. */
let failing: Samples;

interface Sent {
  readonly status: number;
  readonly body: { readonly file_id: string; readonly code?: string; readonly deduplicated: boolean };
}

/** Uploads a form; a field called `name` names the file. */
async function send(content: string | null, fields: Readonly<Record<string, string>> = {}): Promise<Sent> {
  const { name = 'note.txt', ...others } = fields;
  const form = new FormData();
  for (const [field, value] of Object.entries(others)) form.set(field, value);
  if (content !== null) form.set('file', new Blob([content]), name);
  const answer = await fetch(`${stack.api.url}/files`, { method: 'POST', body: form });
  return { status: answer.status, body: (await answer.json()) as Sent['body'] };
}

async function sendFine(content: string, fields?: Readonly<Record<string, string>>): Promise<Sent['body']> {
  const { status, body } = await send(content, fields);
  expect(status, JSON.stringify(body)).toBe(200);
  return body;
}

const scrapeBoth = async () => ({ api: await scrape(stack.api.url), worker: await scrape(stack.worker.url) });
const moved = (program: 'api' | 'worker', metric: string, ...parts: readonly string[]) =>
  total(after[program], metric, ...parts) - total(before[program], metric, ...parts);
const active = async () => (await scrape(stack.api.url)).get('mcp_file_active_uploads');
const becomesActive = (count: number) =>
  until(async () => (await active()) === count, { describe: `${count} uploads are under way` });
const isDeleted = (reason: string) =>
  until(
    async () => total(await scrape(stack.worker.url), 'mcp_file_deletions_total', `reason="${reason}"`) === 1,
    { describe: `a file is gone as ${reason}`, deadlineMs: 60_000 },
  );

/** Twice the same, of two users; then a file at each of the others. */
async function succeed(): Promise<string> {
  const { file_id: fileId } = await sendFine('alpha', { user_id: 'alice@example.org' });
  expect(await sendFine('alpha', { user_id: 'bob' })).toMatchObject({ file_id: fileId, deduplicated: true });
  await sendFine('kappa', { user_id: 'carol', provider: 'kimi' });
  await sendFine('gamma', { provider: 'glm' });
  return fileId;
}

const REFUSED = [
  ['EXTENSION_NOT_ALLOWED', 'text', { name: 'note.exe' }],
  ['FILENAME_INVALID', 'text', { name: 'note' }],
  ['FILE_EMPTY', '', {}],
  ['MULTIPART_INVALID', null, { user_id: 'dora' }],
  ['PROVIDER_UNKNOWN', 'text', { provider: 'nobody' }],
  ['SESSION_NOT_FOUND', 'text', { session_id: 'nowhere' }],
  ['FILE_TOO_LARGE', 'x'.repeat(2_000), { provider: 'glm' }],
] as const;

/** One provider fails until its breaker opens. The worker stands still: a listing of its own would be no failure. */
async function fail(): Promise<void> {
  pause(stack.worker.part);
  await stack.simulator.control.setFault({
    match: { operation: 'upload_file', path: '^/glm' },
    times: 0,
    fault: { kind: 'status', status: 500 },
  });
  for (const content of ['fail 1', 'fail 2', 'fail 3', 'fail 4', 'fail 5'])
    expect((await send(content, { provider: 'glm' })).status).toBe(503);
  failing = await scrape(stack.api.url);
  await stack.simulator.control.clearFaults();
  resume(stack.worker.part);
}

/** One upload is held at the provider, and one never sends its end. */
async function hang(): Promise<void> {
  const { control } = stack.simulator;
  await control.setFault({ match: { operation: 'upload_file' }, fault: { kind: 'hold', name: 'slow' } });
  const slow = sendFine('slow');
  slow.catch(() => undefined); // told below, if nothing fails before
  await becomesActive(1);
  const { port } = new URL(stack.api.url);
  const socket = connect(Number(port), '127.0.0.1');
  const head = '--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\nand then';
  socket.write(
    `POST /files HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 9999\r\n\r\n${head}`,
  );
  await becomesActive(2);
  socket.destroy();
  await becomesActive(1);
  await until(async () => (await control.held()).length === 1, { describe: 'the upload is held' });
  await control.release('slow');
  await slow;
}

/** A file goes for each reason that there is. */
async function go(fileId: string): Promise<void> {
  const drop = (user: string) =>
    call(stack, 'DELETE', `/files/${fileId}?user_id=${encodeURIComponent(user)}`);
  expect((await drop('alice@example.org')).status).toBe(409);
  expect((await drop('bob')).status).toBe(200);
  await acquire(stack, 'session');
  await sendFine('for a session', { session_id: 'session' });
  expect((await post(stack, 'session', 'release')).status).toBe(202);
  // Until its drain has come to it, a retention run would let go of it too.
  await isDeleted('lease_ended');
  const { file_id: old } = await sendFine('old', { provider: 'kimi' });
  await query(
    stack.databaseUrl,
    `UPDATE provider_file_uploads SET last_used = last_used - interval '31 days' WHERE provider_file_id = $1`,
    [old],
  );
  const dryRun = await call(stack, 'POST', '/files/cleanup?dry_run=true');
  expect(dryRun.json).toMatchObject({ files_marked: 1, files_deleted: 0, bytes_freed: 3, errors: [] });
  expect([200, 202]).toContain((await call(stack, 'POST', '/files/cleanup')).status);
  expect((await call(stack, 'POST', '/files/orphans/cleanup?dry_run=true')).json).toMatchObject({
    files_marked: 0,
  });
  for (const reason of ['manual', 'expired']) await isDeleted(reason);
}

beforeAll(async () => {
  stack = await startStack({
    METRICS_MAX_USERS: 2,
    MAX_FILE_SIZE_GLM: 1_000,
    UPLOAD_TIMEOUT: 20,
    CONFIRM_GONE_SECONDS: 1,
    YOUNG_OBJECT_SECONDS: 0,
    OUTBOX_POLL_SECONDS: 1,
    DATA_DIR: scratchDirectory('data'),
  });
  before = await scrapeBoth();
  const fileId = await succeed();
  for (const [code, content, fields] of REFUSED)
    expect((await send(content, fields)).body.code, code).toBe(code);
  await fail();
  await hang();
  await go(fileId);
  await until(async () => (await active()) === 0, { describe: 'no upload is under way' });
  after = await scrapeBoth();
}, 180_000);

it('every series of each provider is there from the start, at zero, in both programs', () => {
  for (const samples of Object.values(before)) {
    const ours = [...samples].filter(([series]) => series.startsWith('mcp_file_'));
    expect(ours.filter(([, value]) => value !== 0)).toEqual([]);
    const series = ours.map(([text]) => text);
    for (const provider of PROVIDER_NAMES) {
      const label = `provider="${provider}"`;
      expect(series).toContain(`mcp_file_upload_attempts_total{${label},user_id="anonymous"}`);
      for (const status of ['success', 'failed', 'deduplicated'])
        expect(series).toContain(`mcp_file_upload_bytes_total{${label},status="${status}"}`);
      for (const reason of ['expired', 'manual', 'orphaned', 'quota_exceeded', 'lease_ended'])
        expect(series).toContain(`mcp_file_deletions_total{${label},reason="${reason}"}`);
      expect(series).toContain(`mcp_file_circuit_breaker_trips_total{${label}}`);
      expect(series).toContain(`mcp_file_upload_duration_seconds_count{${label}}`);
    }
    for (const metric of ['mcp_file_active_uploads', 'mcp_file_deduplication_hits_total'])
      expect(series).toContain(metric);
  }
});

it.each([
  ['openai', 'alice@example.org', 1],
  ['openai', 'bob', 1],
  ['kimi', 'other', 1],
  ['glm', 'anonymous', 6],
  // `slow`, and the one for a session.
  ['openai', 'anonymous', 2],
  ['kimi', 'anonymous', 1],
  // The refused ones of nobody, and the one that broke off.
  ['none', 'anonymous', REFUSED.length],
  ['none', 'other', 1],
])('attempts at %s of %s: %i', (provider, user, count) => {
  const attempts = moved(
    'api',
    'mcp_file_upload_attempts_total',
    `provider="${provider}"`,
    `user_id="${user}"`,
  );
  expect(attempts).toBe(count);
});

it.each([
  ['openai', 'success', 'alpha'.length + 'slow'.length + 'for a session'.length],
  ['openai', 'deduplicated', 'alpha'.length],
  ['kimi', 'success', 'kappa'.length + 'old'.length],
  ['glm', 'success', 'gamma'.length],
  ['glm', 'failed', 5 * 'fail 1'.length],
])('bytes to %s, %s: %i', (provider, status, count) => {
  expect(moved('api', 'mcp_file_upload_bytes_total', `"${provider}"`, `"${status}"`)).toBe(count);
});

it('durations of what was sent, hits, and the breaker that opened once', () => {
  for (const [provider, count] of [
    ['openai', 3],
    ['kimi', 2],
    ['glm', 1],
  ] as const)
    expect(moved('api', 'mcp_file_upload_duration_seconds_count', `"${provider}"`), provider).toBe(count);
  expect(moved('api', 'mcp_file_deduplication_hits_total')).toBe(1);
  const trips = (provider: string) =>
    moved('api', 'mcp_file_circuit_breaker_trips_total', `"${provider}"`) +
    moved('worker', 'mcp_file_circuit_breaker_trips_total', `"${provider}"`);
  expect(PROVIDER_NAMES.map(trips)).toEqual([0, 0, 1]);
});

it.each(REFUSED.map(([code]) => code))('validation failures: %s', (code) => {
  const count = moved('api', 'mcp_file_validation_failures_total', `reason="${code}"`);
  // What broke off is no form either.
  expect(count).toBe(code === 'MULTIPART_INVALID' ? 2 : 1);
});

it('deletions in the worker alone, by provider and reason', () => {
  const deletions = (provider: string, reason: string) =>
    moved('worker', 'mcp_file_deletions_total', `"${provider}"`, `"${reason}"`);
  expect(deletions('openai', 'manual')).toBe(1);
  expect(deletions('openai', 'lease_ended')).toBe(1);
  expect(deletions('kimi', 'expired')).toBe(1);
  expect(moved('worker', 'mcp_file_deletions_total')).toBe(3);
  expect(moved('api', 'mcp_file_deletions_total')).toBe(0);
  for (const metric of ['attempts_total', 'bytes_total', 'duration_seconds_count'])
    expect(moved('worker', `mcp_file_upload_${metric}`), metric).toBe(0);
});

it('gauges over the ledger in the api only', () => {
  expect(after.api.get('loiter_killer_files{provider="openai",state="live"}')).toBe(1);
  expect(after.api.get('loiter_killer_files{provider="kimi",state="live"}')).toBe(1);
  expect(after.api.get('loiter_killer_files{provider="glm",state="live"}')).toBe(1);
  expect(failing.get('loiter_killer_upload_breaker_open{provider="glm"}')).toBe(1);
  expect(failing.get('loiter_killer_upload_breaker_open{provider="kimi"}')).toBe(0);
  const ran = after.api.get('loiter_killer_file_retention_last_success_timestamp_seconds') ?? 0;
  expect(Math.abs(Date.now() / 1_000 - ran)).toBeLessThan(600);
  expect([...after.worker.keys()].filter((series) => /^loiter_killer_(files|upload)/.test(series))).toEqual(
    [],
  );
});

it('the commands of docs/operations.md show what runs by itself', async () => {
  const env = {
    ...scrubbedEnv(),
    PATH: `${dirname(await temporalBinary())}:/usr/bin:/bin`,
    TEMPORAL_ADDRESS: stack.temporalAddress,
    TEMPORAL_NAMESPACE: stack.namespace,
  };
  const run = async (command: string) =>
    (await promisify(execFile)('sh', ['-c', command], { env, timeout: 30_000 })).stdout;
  expect(await run('temporal schedule describe --schedule-id files-retention')).toContain('fileRun');
  expect(await run('temporal workflow describe --workflow-id files-upkeep')).toContain('fileUpkeep');
  expect((await call(stack, 'GET', '/files?stuck=true')).json).toEqual({ uploads: [], next_cursor: null });
});

const promtool = findPromtool();
const needs = promtool === undefined ? ' (skipped: no promtool on the PATH, and PROMTOOL is not set)' : '';
it.skipIf(promtool === undefined)(`pleases promtool's linter${needs}`, async () => {
  for (const { url } of [stack.api, stack.worker]) {
    const lines = (await scrapeText(url)).split('\n');
    const ours = lines.filter((line) => /^(# (HELP|TYPE) )?(mcp|loiter_killer)_/.test(line));
    execFileSync(promtool ?? '', ['check', 'metrics'], { input: `${ours.join('\n')}\n`, stdio: 'pipe' });
  }
});

describe('the examples of docs/files.md', () => {
  const written = (content: string, name = 'report.pdf'): string => {
    const path = join(scratchDirectory('example'), name);
    writeFileSync(path, content);
    return path;
  };

  it('TypeScript', async () => {
    const path = written('by TypeScript');
    const first = await uploadFile(stack.api.url, path, { userId: 'alice', provider: 'kimi' });
    expect(first.provider).toBe('kimi');
    expect(await uploadFile(stack.api.url, path, { provider: 'kimi' })).toEqual(first);
    await expect(uploadFile(stack.api.url, written('x', 'a.exe'))).rejects.toThrow('EXTENSION_NOT_ALLOWED');
  });

  const folder = httpxFolder();
  it.skipIf(folder === undefined)('Python (skipped without Python 3.10 and httpx)', async () => {
    const path = written('by Python', 'Über uns.md');
    const program = `import json, upload_file; print(json.dumps(upload_file.upload_file("${stack.api.url}", "${path}", user_id="alice")))`;
    const first = await runPython(program, folder ?? '');
    expect(first).toMatchObject({ provider: 'openai', filename: 'Über uns.md', deduplicated: false });
    expect(await runPython(program, folder ?? '')).toMatchObject({ deduplicated: true });
  });

  it('curl', async () => {
    const args = [
      '-sS',
      '-F',
      `file=@${written('by curl')}`,
      '-F',
      'user_id=alice',
      `${stack.api.url}/files`,
    ];
    const { stdout } = await promisify(execFile)('curl', args);
    expect(JSON.parse(stdout)).toMatchObject({
      ...{ provider: 'openai', filename: 'report.pdf', size_bytes: 7, mime_type: 'application/pdf' },
      deduplicated: false,
    });
  });
});
