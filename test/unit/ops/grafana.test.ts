/** ops/grafana.json: asks for metrics and labels that exist, in the language of Prometheus, and leaves none of ours out. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { findPromtool } from '../../support/promtool.ts';
import { read, repositoryFiles } from '../structure/repository.ts';
import { readQuery } from './promql.ts';
import { families, seriesOf, TARGET_LABELS } from './registries.ts';

interface Target {
  readonly expr: string;
  readonly legendFormat?: string;
}
interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly datasource?: { readonly type: string; readonly uid: string };
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly fieldConfig?: { readonly defaults: { readonly unit?: string } };
  readonly targets?: readonly Target[];
}
interface Variable {
  readonly name: string;
  readonly type: string;
  readonly query: string | { readonly query: string };
}
interface Board {
  readonly templating: { readonly list: readonly Variable[] };
  readonly panels: readonly Panel[];
}

const board = JSON.parse(read('ops/grafana.json')) as Board;
const panels = board.panels.filter(({ type }) => type !== 'row');
const registered = families();
const series = seriesOf(registered.values());

/** What Grafana puts in place of its variables. */
function filledIn(text: string): string {
  return text.replaceAll('$__rate_interval', '5m').replace(/\$(\w+)/g, (_, name: string) => {
    const known = board.templating.list.some((variable) => variable.name === name);
    return known ? '.*' : `$${name}`;
  });
}

/** `label_values(selector, label)`. */
function labelValues({ query }: Variable): { readonly selector: string; readonly label: string } {
  const text = typeof query === 'string' ? query : query.query;
  const [, selector = '', label = ''] = /^label_values\((.+), (\w+)\)$/.exec(text) ?? [];
  return { selector, label };
}

const queries = panels.flatMap(({ title, targets = [] }) =>
  targets.map(({ expr, legendFormat = '' }) => ({ title, expr: filledIn(expr), legend: legendFormat })),
);
const variables = board.templating.list.filter(({ type }) => type === 'query').map(labelValues);

describe('the queries', () => {
  it.each(queries)('of "$title" ask for what there is: $expr', ({ expr, legend }) => {
    const { faults, labels } = readQuery(expr, series);
    expect(faults).toEqual([]);
    const shown = [...legend.matchAll(/\{\{(\w+)\}\}/g)].map(([, label]) => label);
    expect(shown.filter((label) => labels?.has(label ?? '') !== true)).toEqual([]);
  });

  it('of the variables do so too', () => {
    expect(variables.map(({ label }) => label)).toEqual(TARGET_LABELS);
    for (const { selector, label } of variables) {
      const { faults, labels } = readQuery(filledIn(selector), series);
      expect(faults).toEqual([]);
      expect([...(labels ?? [])]).toContain(label);
    }
  });

  it('keep to the chosen jobs and instances, everywhere', () => {
    for (const { targets = [], title } of panels) {
      for (const { expr } of targets) {
        const selections = expr.match(/\b(loiter_killer|mcp_file|process|nodejs)_\w+/g)?.length;
        const kept = expr.match(/\{job=~"\$job",instance=~"\$instance"[,}]/g)?.length;
        expect(kept, title).toBe(selections);
      }
    }
  });

  const promtool = findPromtool();
  const needs = promtool === undefined ? ' (skipped: no promtool on the PATH, and PROMTOOL is not set)' : '';
  it.skipIf(promtool === undefined)(`please Prometheus itself${needs}`, () => {
    const folder = mkdtempSync(join(tmpdir(), 'board-'));
    onTestFinished(() => {
      rmSync(folder, { recursive: true });
    });
    const rules = queries.map(({ expr }, index) => ({ record: `query:${index}`, expr }));
    // JSON is YAML.
    writeFileSync(join(folder, 'rules.yaml'), JSON.stringify({ groups: [{ name: 'board', rules }] }));
    const said = execFileSync(promtool ?? '', ['check', 'rules', join(folder, 'rules.yaml')], {
      stdio: 'pipe',
    });
    expect(said.toString()).toContain(`SUCCESS: ${queries.length} rules found`);
  });
});

describe('the board', () => {
  const asked = new Set(queries.flatMap(({ expr }) => readQuery(expr, series).metrics));
  const ours = [...registered.values()].filter(({ name }) => !/^(process|nodejs)_/.test(name));

  it.each(ours)('shows $name', (family) => {
    const names = [...seriesOf([family]).keys()];
    expect(names.filter((name) => asked.has(name))).not.toEqual([]);
  });

  it('is over every metric that telemetry/ names', () => {
    const sources = repositoryFiles().filter((path) => /^telemetry\/.*\.ts$/.test(path));
    const named = sources.flatMap(
      (path) => read(path).match(/(?<=')(loiter_killer|mcp_file)_[a-z_]+(?=')/g) ?? [],
    );
    expect(named.length).toBeGreaterThan(30);
    expect(named.filter((name) => !registered.has(name))).toEqual([]);
  });

  it('has a data source to choose, and a title, a unit and a place for each panel', () => {
    expect(board.templating.list.map(({ name }) => name)).toEqual(['datasource', ...TARGET_LABELS]);
    const ids = board.panels.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { title, type, datasource, fieldConfig, targets = [] } of panels) {
      expect(title).not.toBe('');
      expect(datasource, title).toEqual({ type: 'prometheus', uid: '${datasource}' });
      if (type !== 'table') expect(fieldConfig?.defaults.unit, title).toBeTruthy();
      expect(targets.length, title).toBeGreaterThan(0);
    }
    const cells = board.panels.flatMap(({ title, gridPos: { x, y, w, h } }) => {
      expect(x + w, title).toBeLessThanOrEqual(24);
      return Array.from({ length: w * h }, (_, n) => `${x + (n % w)}/${y + Math.floor(n / w)}`);
    });
    expect(new Set(cells).size).toBe(cells.length);
  });
});
