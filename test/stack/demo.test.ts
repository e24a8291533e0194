/** `npm run demo`, run to its end as a visitor would, on a machine that has a real-looking key exported. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { temporalBinary } from '../support/shared-servers.ts';
import { freePort } from '../support/programs.ts';
import { scratchDirectory, startProgram } from '../support/parts.ts';
import { scrubbedEnv } from '../support/scrub.ts';
import { trap, type Trap } from '../support/trap.ts';

/** The demo's own lease is 10 s; shorter ones keep the gate short and still leave room for the renewal. */
const LEASE_SECONDS = '4';
const REAL_LOOKING_KEY = 'sk-proj-0123456789abcdefghijklmnopqrstuvwxyz';

let story: string;
let ending: string;
let elsewhere: Trap;

const data = { directory: '' };

beforeAll(async () => {
  data.directory = join(scratchDirectory('demo'), 'data');
  elsewhere = await trap();
  const demo = await startProgram({
    name: 'demo',
    script: 'dev/demo.ts',
    args: ['--once'],
    env: {
      ...scrubbedEnv(),
      TEMPORAL_CLI: await temporalBinary(),
      DATA_DIR: data.directory,
      PORT: String(await freePort()),
      LEASE_SECONDS,
      OPENAI_API_KEY: REAL_LOOKING_KEY,
      OPENAI_BASE_URL: elsewhere.url,
      HTTPS_PROXY: elsewhere.url,
      HTTP_PROXY: elsewhere.url,
      NODE_USE_ENV_PROXY: '1',
    },
  });
  ending = await demo.ended;
  story = readFileSync(demo.log, 'utf8');
}, 180_000);

test('it ends well', () => {
  expect(ending, story).toBe('code 0');
});

test('it tells acquire, track, renew, expiry and deletion, in this order', () => {
  const steps = [
    /vs_test_\S+, made just now \(reused: false\)/,
    /has it tracked \(1 new\)/,
    /asks again: vs_test_\S+ \(reused: true, files: 1\)/,
    /later it renews: 200/,
    /DELETE \/v1\/files\/file-\S+: the file is gone/,
    /DELETE \/v1\/vector_stores\/vs_test_\S+: the store is gone/,
    /renewing now: 404; the lease is (draining|closed)/,
  ];
  const places = steps.map((step) => story.search(step));
  expect(places, story).not.toContain(-1);
  expect(places).toEqual(places.toSorted((left, right) => left - right));
});

test('it prints where to read on: the API and the workflow in the Web UI', () => {
  expect(story).toMatch(/http:\/\/127\.0\.0\.1:\d+\/docs/);
  expect(story).toMatch(/http:\/\/127\.0\.0\.1:\d+\/namespaces\/default\/workflows\/session%2Fdemo-/);
});

test('the key that was exported is never sent or written anywhere', () => {
  expect(elsewhere.connections()).toBe(0);
  expect(story).not.toContain(REAL_LOOKING_KEY);
  for (const name of ['api', 'worker', 'simulator', 'temporal', 'postgres']) {
    const log = readFileSync(join(data.directory, 'logs', `${name}.log`), 'utf8');
    expect(log, name).not.toContain(REAL_LOOKING_KEY);
  }
});
