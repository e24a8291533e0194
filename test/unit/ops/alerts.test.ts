/** ops/alerts.yaml: it asks for metrics that exist, and each rule fires when it should. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { createApiMetrics, createWorkerMetrics } from '../../../telemetry/metrics.ts';
import { createBreakerGauge } from '../../../telemetry/limit-metrics.ts';
import { findPromtool } from '../../support/promtool.ts';
import { read, REPOSITORY } from '../structure/repository.ts';

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly description: string };
}
interface RuleTest {
  readonly alert_rule_test: readonly {
    readonly alertname: string;
    readonly exp_alerts?: readonly object[];
  }[];
}

const { groups } = parse(read('ops/alerts.yaml')) as { groups: readonly { rules: readonly Rule[] }[] };
const rules = groups.flatMap((group) => group.rules);

async function registered(): Promise<ReadonlySet<string>> {
  const api = createApiMetrics();
  const never = () => Promise.reject(new Error('not scraped'));
  api.watchLedger(never);
  api.watchCapacity(never);
  api.watchSweep(never);
  api.watchFiles(never);
  createBreakerGauge(api.registry, never);
  const all = await Promise.all([api, createWorkerMetrics()].map((one) => one.registry.getMetricsAsJSON()));
  const names = all
    .flat()
    .flatMap(({ name, type }) =>
      String(type) === 'histogram' ? ['_bucket', '_sum', '_count'].map((end) => name + end) : [name],
    );
  return new Set(names);
}

it('asks for metrics that api or worker register', async () => {
  const known = await registered();
  const asked = rules.flatMap(({ expr }) => expr.match(/\b[a-z]+_[a-z_]+\b(?!\()/g) ?? []);
  expect(asked.length).toBeGreaterThanOrEqual(rules.length);
  expect(asked.filter((name) => !known.has(name))).toEqual([]);
});

it('says of each alert how bad it is and what to do, and docs/operations.md names it', () => {
  const operations = read('docs/operations.md');
  for (const { alert, labels, annotations, for: hold } of rules) {
    expect(['warning', 'critical'], alert).toContain(labels.severity);
    expect(annotations.summary, alert).not.toBe('');
    expect(annotations.description, alert).not.toBe('');
    expect(hold, alert).toMatch(/^\d+m$/);
    expect(operations).toContain(`\`${alert}\``);
  }
});

it('has for each alert a test in which it fires and one in which it does not', () => {
  const { tests } = parse(read('ops/alerts.test.yaml')) as { tests: readonly RuleTest[] };
  const told = tests.flatMap((one) => one.alert_rule_test);
  const fires = (expected: boolean) =>
    new Set(told.filter((one) => 'exp_alerts' in one === expected).map((one) => one.alertname));
  const names = new Set(rules.map(({ alert }) => alert));
  expect(fires(true)).toEqual(names);
  expect(fires(false)).toEqual(names);
});

const promtool = findPromtool();
const needs = promtool === undefined ? ' (skipped: no promtool on the PATH, and PROMTOOL is not set)' : '';
it.skipIf(promtool === undefined)(`passes promtool's own tests${needs}`, () => {
  const run = (...args: string[]) =>
    execFileSync(promtool ?? '', args, { cwd: join(REPOSITORY, 'ops'), encoding: 'utf8', stdio: 'pipe' });
  expect(run('check', 'rules', 'alerts.yaml')).toContain(`SUCCESS: ${rules.length} rules found`);
  expect(run('test', 'rules', 'alerts.test.yaml')).toContain('SUCCESS');
});
