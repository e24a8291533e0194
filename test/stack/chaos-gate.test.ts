/** One schedule of the chaos suite (`npm run chaos`): the same program, with servers of its own. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readHistory } from '../chaos/history/read.ts';
import { scratchDirectory, startProgram } from '../support/parts.ts';
import { scrubbedEnv } from '../support/scrub.ts';
import { until } from '../support/until.ts';

/** A short one in which the api is killed while stores and files are being made. */
const SEED = '4';

it('a schedule of calls and troubles keeps every promise, and its history tells so again', async () => {
  const into = scratchDirectory('chaos');
  const run = (name: string, args: readonly string[]) =>
    startProgram({ name, script: 'test/chaos/main.ts', args, env: scrubbedEnv() });
  const chaos = await run('chaos', ['--seeds', SEED, '--into', into]);
  await until(() => chaos.hasEnded(), { describe: 'the schedule played', deadlineMs: 210_000, everyMs: 200 });
  const printed = readFileSync(chaos.log, 'utf8');
  expect(await chaos.ended, printed).toBe('code 0');
  expect(printed).toContain(`seed ${SEED}: clean`);

  const [file = ''] = readdirSync(join(into, 'histories'));
  const { calls, troubles, provider, uploads } = readHistory(join(into, 'histories', file));
  expect(calls.length).toBeGreaterThanOrEqual(200);
  expect(calls.filter(({ answer }) => answer.outcome === 'ok').length).toBeGreaterThan(80);
  expect(troubles.filter(({ phase }) => phase === 'begin').length).toBeGreaterThanOrEqual(4);
  expect(troubles.some(({ kind }) => kind.startsWith('kill '))).toBe(true);
  expect(provider.filter(({ effect }) => effect === 'deleted').length).toBeGreaterThan(10);
  const uploaded = calls.filter(({ verb, answer }) => verb === 'upload' && answer.outcome === 'ok');
  expect(uploaded.length).toBeGreaterThan(10);
  expect(uploaded.some(({ answer }) => answer.body['deduplicated'] === true)).toBe(true);
  expect(uploads.filter(({ provenAt }) => provenAt !== null).length).toBeGreaterThan(10);

  const again = await run('check', ['--check', join(into, 'histories', file)]);
  expect(await again.ended).toBe('code 0');
}, 240_000);
