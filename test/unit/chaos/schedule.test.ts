/** What a seed stands for: always the same, and never less than a schedule has to hold. */
import { expect, it } from 'vitest';
import { contentOf, foreignName } from '../../chaos/schedule/contents.ts';
import { LEAST_CALLS, schedule } from '../../chaos/schedule/generate.ts';
import { readOptions } from '../../chaos/options.ts';

const seeds = Array.from({ length: 300 }, (_, n) => n + 1);

it('the same seed gives the same schedule, another seed another', () => {
  expect(schedule(7)).toEqual(schedule(7));
  expect(schedule(7)).not.toEqual(schedule(8));
});

it('each seed holds 200 calls, and 4 troubles of 3 kinds with a kill among them', () => {
  for (const seed of seeds) {
    const { clients, troubles } = schedule(seed);
    const steps = clients.flatMap((client) => client.steps).filter(({ wish: { verb } }) => verb !== 'attach');
    const calls = steps.reduce((sum, { copiesAfterMs }) => sum + 1 + copiesAfterMs.length, 0);
    expect(calls, `seed ${seed}`).toBeGreaterThanOrEqual(LEAST_CALLS);
    expect(troubles.length, `seed ${seed}`).toBeGreaterThanOrEqual(4);
    expect(new Set(troubles.map(({ kind }) => kind)).size, `seed ${seed}`).toBeGreaterThanOrEqual(3);
    expect(
      troubles.some(({ kind }) => kind === 'kill'),
      `seed ${seed}`,
    ).toBe(true);
  }
});

it('together the seeds bring every verb, every trouble, and clients that die early or send copies', () => {
  const all = seeds.map((seed) => schedule(seed));
  const steps = all.flatMap(({ clients }) => clients.flatMap((client) => client.steps));
  const verbs = new Set(steps.map(({ wish }) => wish.verb));
  expect([...verbs].toSorted()).toEqual(
    [
      'acquire',
      'attach',
      'cleanup',
      'drop',
      'look',
      'protect',
      'register',
      'release',
      'renew',
      'tidy',
      'track',
      'unprotect',
      'upload',
    ].toSorted(),
  );
  const uploads = steps.flatMap(({ wish }) => (wish.verb === 'upload' ? wish : []));
  const places = uploads.map(({ provider, inSession }) => `${String(provider)} ${inSession}`);
  expect(new Set(places)).toEqual(
    new Set(['null true', 'openai true', 'null false', 'openai false', 'kimi false', 'glm false']),
  );
  expect(new Set(all.map(({ contentRule }) => contentRule))).toEqual(new Set(['given', 'refused']));
  const troubles = all.flatMap((one) => one.troubles);
  expect(new Set(troubles.map(({ kind }) => kind)).size).toBe(7);
  const killed = troubles.flatMap((trouble) => (trouble.kind === 'kill' ? trouble.victim : []));
  expect(new Set(killed).size).toBe(4);
  expect(steps.some(({ copiesAfterMs }) => copiesAfterMs.length > 0)).toBe(true);
  expect(all.some(({ clients }) => clients.some(({ steps: few }) => few.length < 5))).toBe(true);
});

it('a content is the same for all who upload it, and no other content or schedule has it', () => {
  const common = contentOf(7, { kind: 'common', n: 1 });
  expect(contentOf(7, { kind: 'common', n: 1 })).toEqual(common);
  const others = [contentOf(8, { kind: 'common', n: 1 }), contentOf(7, { kind: 'own', n: 1 })];
  expect(others.map(({ sha256 }) => sha256)).not.toContain(common.sha256);
  const namesake = contentOf(7, { kind: 'namesake', n: 5 });
  expect(namesake.filename).toBe(`${foreignName(1)}.txt`);
  expect(namesake.text).toHaveLength(foreignName(1).length);
  expect(namesake.text).not.toBe(foreignName(1));
});

it('reads its command line', () => {
  expect(readOptions(['--seeds', '3-5']).seeds).toEqual([3, 4, 5]);
  expect(readOptions(['--seeds', '9']).seeds).toEqual([9]);
  expect(readOptions(['--mutations', 'one', 'two'])).toMatchObject({
    mutations: true,
    names: ['one', 'two'],
  });
  expect(() => readOptions(['--seeds', 'all'])).toThrow('--seeds must be a number or a range');
});
