/** The metrics of uploaded files: names, kinds, labels and buckets are a contract with dashboards. */
import { execFileSync } from 'node:child_process';
import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import type { FileMeter } from '../../../files/contract.ts';
import { createFileMetrics } from '../../../telemetry/file-metrics.ts';
import { createLimitMetrics } from '../../../telemetry/limit-metrics.ts';
import { createApiMetrics } from '../../../telemetry/metrics.ts';
import { findPromtool } from '../../support/promtool.ts';

function opened(maxUsers = 100) {
  const registry = new Registry();
  const meter: FileMeter = createFileMetrics(registry, { providers: ['openai', 'glm'], maxUsers });
  return { registry, meter };
}

/** Samples of a scrape: their text without the value, and the value. */
async function samples(registry: Registry): Promise<ReadonlyMap<string, number>> {
  const lines = (await registry.metrics()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const space = line.lastIndexOf(' ');
      return [line.slice(0, space), Number(line.slice(space + 1))];
    }),
  );
}
const users = async (registry: Registry) => [
  ...new Set(
    [...(await samples(registry)).keys()].flatMap((text) => /user_id="(.*)"}$/.exec(text)?.[1] ?? []),
  ),
];

const READING = {
  counts: [
    { provider: 'openai', live: 5, deleting: 2, stuck: 1, settling: 3, settlingStuck: 4 },
    { provider: 'glm', live: 0, deleting: 0, stuck: 0, settling: 0, settlingStuck: 0 },
  ],
  breakers: [
    { provider: 'openai', open: true },
    { provider: 'glm', open: false },
  ],
  retentionMs: 1_500,
};

it('have these names and kinds', async () => {
  const { registry } = opened();
  const types = (await registry.metrics()).split('\n').filter((line) => line.startsWith('# TYPE '));
  expect(types.map((line) => line.slice('# TYPE '.length)).sort()).toEqual([
    'mcp_file_active_uploads gauge',
    'mcp_file_circuit_breaker_trips_total counter',
    'mcp_file_deduplication_hits_total counter',
    'mcp_file_deletions_total counter',
    'mcp_file_upload_attempts_total counter',
    'mcp_file_upload_bytes_total counter',
    'mcp_file_upload_duration_seconds histogram',
    'mcp_file_validation_failures_total counter',
  ]);
});

it('have every series of each configured provider from the start, at zero', async () => {
  const seen = await samples(opened().registry);
  expect([...seen.values()].filter((value) => value !== 0)).toEqual([]);
  const names = [...seen.keys()];
  for (const provider of ['none', 'openai', 'glm'])
    expect(names).toContain(`mcp_file_upload_attempts_total{provider="${provider}",user_id="anonymous"}`);
  for (const provider of ['openai', 'glm']) {
    for (const status of ['success', 'failed', 'deduplicated'])
      expect(names).toContain(`mcp_file_upload_bytes_total{provider="${provider}",status="${status}"}`);
    for (const reason of ['expired', 'manual', 'orphaned', 'quota_exceeded', 'lease_ended'])
      expect(names).toContain(`mcp_file_deletions_total{provider="${provider}",reason="${reason}"}`);
    expect(names).toContain(`mcp_file_circuit_breaker_trips_total{provider="${provider}"}`);
    const buckets = names
      .filter((name) => name.startsWith('mcp_file_upload_duration_seconds_bucket') && name.includes(provider))
      .map((name) => /le="([^"]+)"/.exec(name)?.[1]);
    expect(buckets).toEqual(['0.1', '0.5', '1', '2.5', '5', '10', '30', '60', '120', '+Inf']);
  }
  expect(names).toContain('mcp_file_active_uploads');
  expect(names).toContain('mcp_file_deduplication_hits_total');
  for (const code of ['FILE_EMPTY', 'FILE_TOO_LARGE', 'EXTENSION_NOT_ALLOWED', 'FILENAME_INVALID'])
    expect(names).toContain(`mcp_file_validation_failures_total{reason="${code}"}`);
  for (const code of ['MULTIPART_INVALID', 'QUOTA_EXCEEDED', 'PROVIDER_UNKNOWN', 'SESSION_NOT_FOUND'])
    expect(names).toContain(`mcp_file_validation_failures_total{reason="${code}"}`);
  expect(names.filter((name) => name.includes('kimi'))).toEqual([]);
});

it('count what the room tells, durations in seconds', async () => {
  const { registry, meter } = opened();
  meter.attempted('openai', 'anonymous');
  meter.attempted('none', 'anonymous');
  meter.uploaded('openai', 'success', 1_000);
  meter.uploaded('openai', 'success', 24);
  meter.uploaded('glm', 'deduplicated', 7);
  meter.took('openai', 2_000);
  meter.deduplicated();
  meter.deleted('glm', 'lease_ended');
  meter.refused('FILE_EMPTY');
  createLimitMetrics(registry, meter)('glm').opened();
  const moved = [...(await samples(registry))].filter(
    ([name, value]) => value !== 0 && name.startsWith('mcp_') && !name.includes('le="'),
  );
  expect(Object.fromEntries(moved)).toEqual({
    'mcp_file_upload_attempts_total{provider="openai",user_id="anonymous"}': 1,
    'mcp_file_upload_attempts_total{provider="none",user_id="anonymous"}': 1,
    'mcp_file_upload_bytes_total{provider="openai",status="success"}': 1_024,
    'mcp_file_upload_bytes_total{provider="glm",status="deduplicated"}': 7,
    'mcp_file_upload_duration_seconds_sum{provider="openai"}': 2,
    'mcp_file_upload_duration_seconds_count{provider="openai"}': 1,
    mcp_file_deduplication_hits_total: 1,
    'mcp_file_circuit_breaker_trips_total{provider="glm"}': 1,
    'mcp_file_deletions_total{provider="glm",reason="lease_ended"}': 1,
    'mcp_file_validation_failures_total{reason="FILE_EMPTY"}': 1,
  });
});

it('count an upload under way until its end, and each end once', async () => {
  const { registry, meter } = opened();
  const [one, other] = [meter.began(), meter.began()];
  const active = async () => (await samples(registry)).get('mcp_file_active_uploads');
  expect(await active()).toBe(2);
  one();
  one();
  expect(await active()).toBe(1);
  other();
  expect(await active()).toBe(0);
});

it('give so many users a label of their own, and anonymous besides', async () => {
  const { registry, meter } = opened(2);
  for (const user of ['ann', 'bob', 'cyd', 'dan', 'ann', 'anonymous']) meter.attempted('glm', user);
  expect(await users(registry)).toEqual(['anonymous', 'ann', 'bob', 'other']);
  const seen = await samples(registry);
  expect(seen.get('mcp_file_upload_attempts_total{provider="glm",user_id="other"}')).toBe(2);
  expect(seen.get('mcp_file_upload_attempts_total{provider="glm",user_id="ann"}')).toBe(2);
  expect(seen.get('mcp_file_upload_attempts_total{provider="openai",user_id="ann"}')).toBe(0);
  expect(seen.get('mcp_file_upload_attempts_total{provider="none",user_id="ann"}')).toBe(0);
});

it('name nobody where no user may have a label', async () => {
  const { registry, meter } = opened(0);
  meter.attempted('glm', 'ann@example.org');
  expect(await users(registry)).toEqual(['anonymous', 'other']);
});

const ODD = ['a.b+c@example.org', 'Zoë 東京', 'quo"te', 'back\\slash', "it's {a=1}"];
it('take any text for a user, but no control characters, halves of characters and endless ids', async () => {
  const { registry, meter } = opened();
  for (const user of ODD) meter.attempted('glm', user);
  for (const bad of ['', 'new\nline', '\0', '\ud800', 'x'.repeat(129)]) meter.attempted('glm', bad);
  const escaped = ODD.map((user) => user.replaceAll('\\', '\\\\').replaceAll('"', '\\"'));
  expect(await users(registry)).toEqual(['anonymous', ...escaped, 'other']);
});

it('keep reasons few', async () => {
  const { registry, meter } = opened();
  for (let n = 0; n < 200; n += 1) meter.refused(`REASON_${n}`);
  const reasons = [...(await samples(registry)).keys()].filter((name) => name.includes('validation'));
  expect(reasons.length).toBeLessThan(50);
  expect(reasons.join()).toContain('reason="other"');
});

it('show the files of each provider as the ledger has them, and nothing while it is away', async () => {
  const metrics = createApiMetrics({ providers: ['openai', 'glm'], maxUsers: 1 });
  let isAway = false;
  metrics.watchFiles(() => (isAway ? Promise.reject(new Error('away')) : Promise.resolve(READING)));
  const gauges = async () =>
    (await metrics.render())
      .split('\n')
      .filter((line) => /^loiter_killer_(files|uploads_unsettled|upload_breaker|file_retention)/.test(line));
  const expected = [
    'loiter_killer_files{provider="openai",state="live"} 5',
    'loiter_killer_files{provider="openai",state="deleting"} 2',
    'loiter_killer_files{provider="openai",state="stuck"} 1',
    'loiter_killer_files{provider="glm",state="live"} 0',
    'loiter_killer_files{provider="glm",state="deleting"} 0',
    'loiter_killer_files{provider="glm",state="stuck"} 0',
    'loiter_killer_uploads_unsettled{provider="openai",state="settling"} 3',
    'loiter_killer_uploads_unsettled{provider="openai",state="stuck"} 4',
    'loiter_killer_uploads_unsettled{provider="glm",state="settling"} 0',
    'loiter_killer_uploads_unsettled{provider="glm",state="stuck"} 0',
    'loiter_killer_upload_breaker_open{provider="openai"} 1',
    'loiter_killer_upload_breaker_open{provider="glm"} 0',
    'loiter_killer_file_retention_last_success_timestamp_seconds 1.5',
  ];
  expect(await gauges()).toEqual(expected);
  isAway = true;
  expect(await gauges()).toEqual([]);
  isAway = false;
  expect(await gauges()).toEqual(expected);
});

const promtool = findPromtool();
const needs = promtool === undefined ? ' (skipped: no promtool on the PATH, and PROMTOOL is not set)' : '';
it.skipIf(promtool === undefined)(`please promtool's linter${needs}`, async () => {
  const metrics = createApiMetrics({ providers: ['openai'], maxUsers: 100 });
  metrics.watchFiles(() => Promise.resolve(READING));
  createLimitMetrics(metrics.registry, metrics.files)('openai').opened();
  for (const user of ODD) metrics.files.attempted('openai', user);
  const text = (await metrics.render())
    .split('\n')
    .filter((line) => /^(# (HELP|TYPE) )?(mcp|loiter_killer)_/.test(line));
  expect(text.length).toBeGreaterThan(100);
  execFileSync(promtool ?? '', ['check', 'metrics'], { input: `${text.join('\n')}\n`, stdio: 'pipe' });
});
