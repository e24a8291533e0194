/** The reader of queries finds what is wrong with one. */
import { expect, it } from 'vitest';
import { readQuery } from './promql.ts';
import { seriesOf } from './registries.ts';

const series = seriesOf([
  { name: 'up', type: 'gauge', labels: [] },
  { name: 'runs_total', type: 'counter', labels: ['name', 'outcome'] },
  { name: 'took_seconds', type: 'histogram', labels: ['name'] },
]);

it.each([
  ['time()', undefined],
  ['up > 0', ['job', 'instance']],
  ['max(up)', []],
  ['sum by (name) (rate(runs_total{outcome="failed"}[5m]))', ['name']],
  ['sum without (name, job) (runs_total)', ['outcome', 'instance']],
  ['topk(3, sum by (name) (runs_total))', ['name']],
  ['histogram_quantile(0.9, sum by (le, name) (rate(took_seconds_bucket[5m])))', ['name']],
  ['time() - max by (job) (up)', ['job']],
  ['took_seconds_sum / took_seconds_count', ['name', 'job', 'instance']],
  ['max by (name) (runs_total) > on (name) 2 * max by (name) (took_seconds_count)', ['name']],
  ['runs_total unless on (name) took_seconds_count', ['name', 'outcome', 'job', 'instance']],
  ['runs_total * on (job) group_left (name) took_seconds_sum', ['name', 'outcome', 'job', 'instance']],
  ['sum by (name, outcome) (runs_total) / ignoring (outcome) sum by (name) (runs_total)', ['name']],
  ['-(up offset 5m)', ['job', 'instance']],
])('%s has nothing wrong', (query, labels) => {
  const answer = readQuery(query, series);
  expect(answer.faults).toEqual([]);
  expect(answer.labels && [...answer.labels]).toEqual(labels);
});

it.each([
  ['upp', 'there is no upp'],
  ['took_seconds', 'there is no took_seconds'],
  ['{job="x"}', 'there is no {job="x"}'],
  ['up{state="x"}', 'up has no label state'],
  ['sum by (state) (up)', 'sum by (state) (up) has no label state'],
  ['sum without (state) (up)', 'sum without (state) (up) has no label state'],
  ['sum by (name) (max by (outcome) (runs_total))', 'no label name'],
  ['histogram_quantile(0.9, sum by (name) (took_seconds_bucket))', 'no label le'],
  ['sum by (le) (took_seconds_sum)', 'no label le'],
  ['runs_total / on (outcome) took_seconds_sum', 'no label outcome'],
  ['runs_total / took_seconds_sum', 'nothing ever matches'],
  ['up * on (job) group_left (name) up', 'no label name'],
  ['sum by (job (up)', 'does not parse'],
  ['rate(up[5m)', 'does not parse'],
  ['label_join(up, "a", "b")', 'label_join() is not understood'],
])('%s: %s', (query, what) => {
  expect(readQuery(query, series).faults.join()).toContain(what);
});
