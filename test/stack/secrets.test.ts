/**
 * A key that is exported on the machine: in TEST_MODE, in tests, bench and demo it is sent nowhere, and in real use
 * it is sent to the provider alone and written nowhere. (What the demo leaves behind: demo.test.ts.)
 */
import { execFile } from 'node:child_process';
import { chmodSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { asEnvironment, PROJECT_ROOT } from '../../dev/child-environment.ts';
import { query } from '../support/databases.ts';
import { scratchDirectory } from '../support/parts.ts';
import { scrubbedEnv } from '../support/scrub.ts';
import { temporalBinary } from '../support/shared-servers.ts';
import { startStack, type Stack } from '../support/stack.ts';
import { startSimulator, type SimulatorProgram } from '../support/programs.ts';
import { trap, type Trap } from '../support/trap.ts';
import { until } from '../support/until.ts';
import { acquire, call, post, show, track, upload } from './session-calls.ts';

const KEY = 'sk-proj-Zx0123456789abcdefghijklmnopqrstuvwxyzABCD';
/** Enough of it to be found where a log cut the rest off. */
const PART_OF_KEY = KEY.slice(0, 20);
const run = promisify(execFile);

/** What a machine may have exported that leads to a provider or to a proxy. */
const exported = (elsewhere: Trap) => ({
  OPENAI_API_KEY: KEY,
  OPENAI_BASE_URL: `${elsewhere.url}/v1`,
  OPENAI_ORG_ID: 'org-real',
  OPENAI_PROJECT_ID: 'proj-real',
  OPENAI_ADMIN_KEY: KEY,
  HTTPS_PROXY: elsewhere.url,
  HTTP_PROXY: elsewhere.url,
  https_proxy: elsewhere.url,
  http_proxy: elsewhere.url,
  ALL_PROXY: elsewhere.url,
});

/** Every row of every table, as text. */
async function ledgerText(stack: Stack): Promise<string> {
  const tables = await query<{ name: string }>(
    stack.databaseUrl,
    `SELECT quote_ident(table_name) AS name FROM information_schema.tables WHERE table_schema = 'public'`,
  );
  const texts = await Promise.all(
    tables.map(({ name }) =>
      query<{ row: string }>(stack.databaseUrl, `SELECT t::text AS row FROM ${name} t`),
    ),
  );
  return texts
    .flat()
    .map((one) => one.row)
    .join('\n');
}

/** Histories of the sessions, with their payloads readable. */
async function historyText(stack: Stack, ids: readonly string[]): Promise<string> {
  const env = {
    ...scrubbedEnv(),
    TEMPORAL_ADDRESS: stack.temporalAddress,
    TEMPORAL_NAMESPACE: stack.namespace,
  };
  const temporal = await temporalBinary();
  const shows = ids.map(async (id) => {
    const args = ['workflow', 'show', '--workflow-id', `session/${id}`, '--output', 'json'];
    const { stdout } = await run(temporal, args, { env, maxBuffer: 2 ** 26 });
    return stdout.replace(/"data": "([^"]*)"/g, (_, data: string) => Buffer.from(data, 'base64').toString());
  });
  const texts = await Promise.all(shows);
  for (const [index, text] of texts.entries()) expect(text).toContain(`"sessionId":"${ids[index]}"`);
  return texts.join('\n');
}

/** Everything that the stack has written down or would tell. */
async function writtenBy(
  stack: Stack,
  ids: readonly string[],
  provider: SimulatorProgram = stack.simulator,
): Promise<Readonly<Record<string, string>>> {
  const told = [
    '/metrics',
    '/sessions',
    '/capacity',
    '/orphans',
    '/health/ready',
    '/openapi.json',
    ...ids.map((id) => `/session/${id}`),
  ];
  const answers = await Promise.all(told.map(async (path) => (await call(stack, 'GET', path)).text));
  const logs = [stack.api, stack.worker, provider].map(({ part }) => readFileSync(part.log, 'utf8'));
  return {
    ledger: await ledgerText(stack),
    histories: await historyText(stack, ids),
    answers: answers.join('\n'),
    'metrics of the worker': await (await fetch(`${stack.worker.url}/metrics`)).text(),
    logs: logs.join('\n'),
    journal: JSON.stringify(await provider.control.journal()),
    state: JSON.stringify(await provider.control.state()),
  };
}

function holdsNoKey(written: Readonly<Record<string, string>>): void {
  for (const [what, text] of Object.entries(written)) {
    expect(text.length, what).toBeGreaterThan(50);
    expect(text.includes(PART_OF_KEY), `the key in ${what}`).toBe(false);
  }
}

describe('TEST_MODE with a key exported', () => {
  let stack: Stack;
  let elsewhere: Trap;
  beforeAll(async () => {
    elsewhere = await trap();
    stack = await startStack({
      ...exported(elsewhere),
      LEASE_SECONDS: 3,
      CONFIRM_GONE_SECONDS: 1,
      YOUNG_OBJECT_SECONDS: 0,
      LOG_LEVEL: 'trace',
    });
  });

  it('talks to the simulator only, and writes the key nowhere', async () => {
    await acquire(stack, 'life');
    await track(stack, 'life', [await upload(stack)]);
    await post(stack, 'life', 'renew');
    await until(async () => (await show(stack, 'life')).state === 'closed', {
      describe: 'closed',
      deadlineMs: 30_000,
    });
    await acquire(stack, 'life');
    const journal = await stack.simulator.control.journal();
    const theirs = journal.filter((entry) => entry.operation !== 'upload_file').map((entry) => entry.key);
    expect(new Set(theirs).size).toBe(1);
    expect(elsewhere.connections()).toBe(0);
    holdsNoKey(await writtenBy(stack, ['life']));
  });
});

describe('a real key in use', () => {
  let stack: Stack;
  let provider: SimulatorProgram;
  let elsewhere: Trap;
  beforeAll(async () => {
    elsewhere = await trap();
    provider = await startSimulator();
    // A provider on loopback: tests never know another.
    stack = await startStack({
      ...exported(elsewhere),
      OPENAI_BASE_URL: provider.baseUrl,
      TEST_MODE: false,
      SIMULATOR_URL: undefined,
      LEASE_SECONDS: 600,
      LOG_LEVEL: 'trace',
    });
  });

  it('is sent to that provider alone, and what it says of the key is told to nobody', async () => {
    const echo = { error: { message: `Incorrect API key provided: ${KEY}.`, type: 'invalid_request_error' } };
    const { vector_store_id: store } = await acquire(stack, 'real');
    expect((await provider.control.state()).stores.map((one) => one.id)).toEqual([store]);
    const refuse = (operation: 'create_store' | 'delete_store', status: number) =>
      provider.control.setFault({
        match: { operation },
        fault: { kind: 'status', status, body: echo },
        times: 0,
      });
    await refuse('create_store', 401);
    await refuse('delete_store', 401);
    const refused = await post(stack, 'refused', 'acquire');
    expect(refused.status).toBeGreaterThanOrEqual(500);
    expect(refused.text).not.toContain('Incorrect');
    await post(stack, 'real', 'release');
    const stuck = await until(
      async () => {
        const shown = (await call(stack, 'GET', '/session/real')).json as {
          stuck: { last_error: string } | null;
        };
        return shown.stuck;
      },
      { describe: 'stuck', deadlineMs: 30_000 },
    );
    expect(stuck.last_error).toContain('401');
    holdsNoKey(await writtenBy(stack, ['real'], provider));
    const keys = (await provider.control.journal()).map((entry) => entry.key);
    expect(new Set(keys).size).toBe(1);
    expect(elsewhere.connections()).toBe(0);
  });
});

describe('tests and bench with a key exported', () => {
  /** Runs a program of ours in this hostile environment; resolves with what it prints. */
  async function hostile(elsewhere: Trap, program: string): Promise<string> {
    const TMPDIR = scratchDirectory('hostile');
    chmodSync(TMPDIR, 0o711); // PostgreSQL may run as another user
    const env = { ...scrubbedEnv(), ...asEnvironment(exported(elsewhere)), ENV_FILE: '.env', TMPDIR };
    const args = ['--input-type=module', '-e', program];
    const { stdout } = await run(process.execPath, args, { env, cwd: PROJECT_ROOT, timeout: 100_000 });
    return stdout;
  }

  it('tests lose all of it before anything else is loaded', async () => {
    const elsewhere = await trap();
    const names = Object.keys(exported(elsewhere));
    const seen = await hostile(
      elsewhere,
      `await import('./test/vitest.config.ts');
       console.log(${JSON.stringify(names)}.filter((name) => process.env[name] !== undefined).join() + '|' + process.env.ENV_FILE);`,
    );
    expect(seen.trim()).toBe('|none');
  });

  it("the bench's services use its simulator", async () => {
    const elsewhere = await trap();
    const seen = await hostile(
      elsewhere,
      `const { openWorld } = await import('./bench/world.ts');
       const world = await openWorld(() => undefined);
       try {
         const settings = { DATABASE_URL: await world.database('secrets') };
         const api = await world.api(settings);
         await world.worker(settings);
         const answer = await fetch(api.url + '/session/a/acquire', { method: 'POST' });
         console.log(await answer.text());
       } finally {
         await world.close();
       }`,
    );
    expect(seen).toContain('"vector_store_id":"vs_test_');
    expect(elsewhere.connections()).toBe(0);
  }, 120_000);
});
