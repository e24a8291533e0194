/** ops/alerts.yaml: it asks for metrics that exist, and each rule fires when it should. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { findPromtool } from '../../support/promtool.ts';
import { read, REPOSITORY } from '../structure/repository.ts';
import { readQuery } from './promql.ts';
import { families, seriesOf } from './registries.ts';

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

const TESTS = ['alerts.test.yaml', 'alerts-days.test.yaml'];
const series = seriesOf(families().values());

it.each(rules)('$alert asks for metrics and labels that api or worker register', ({ expr, annotations }) => {
  const { faults, metrics, labels } = readQuery(expr, series);
  expect(faults).toEqual([]);
  expect(metrics).not.toEqual([]);
  const told = Object.values(annotations).flatMap((text) => [...text.matchAll(/\$labels\.(\w+)/g)]);
  expect(told.filter(([, label = '']) => labels?.has(label) !== true)).toEqual([]);
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
  const files = TESTS.map((file) => parse(read(`ops/${file}`)) as { tests: readonly RuleTest[] });
  const told = files.flatMap(({ tests }) => tests.flatMap((one) => one.alert_rule_test));
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
  expect(run('test', 'rules', ...TESTS)).toContain('SUCCESS');
});
