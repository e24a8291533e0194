/**
 * One database pool, one Temporal connection and one client per provider in a process, however many calls come first
 * at once, and kept until the last call that was accepted is answered. Seen from the servers' side; in which order they are
 * closed then: test/unit/structure/one-of-each.test.ts.
 */
import { connect } from 'node:net';
import { Client, Connection } from '@temporalio/client';
import { inject, expect, it } from 'vitest';
import { countedWay, type CountedWay } from '../support/counted-way.ts';
import { createDatabase, query } from '../support/databases.ts';
import { createNamespace } from '../support/namespaces.ts';
import { startApi, startSimulator, startWorker, type Program, type Settings } from '../support/programs.ts';
import { until } from '../support/until.ts';

const POOL_SIZE = 4;
/** More than the pool has connections. */
const AT_ONCE = 30;

interface Ways {
  readonly ledger: CountedWay;
  readonly temporal: CountedWay;
  readonly simulator: CountedWay;
}

interface Surroundings {
  readonly settings: Settings;
  readonly ways: Ways;
  /** What ended, in order, and how many of its kind were left. */
  readonly endings: string[];
  readonly databaseUrl: string;
  readonly namespace: string;
}

/** Ways of a process's own to servers that others use too. */
async function surroundings(): Promise<Surroundings> {
  const endings: string[] = [];
  const note = (name: string, open: number) => endings.push(`${name} ${open}`);
  const [simulator, databaseUrl, namespace] = await Promise.all([
    startSimulator(),
    createDatabase('one-of-each'),
    createNamespace('one-of-each'),
  ]);
  const [ledger, temporal, provider] = await Promise.all([
    countedWay('ledger', Number(new URL(databaseUrl).port), note),
    countedWay('temporal', Number(inject('temporalAddress').split(':')[1]), note),
    countedWay('simulator', Number(new URL(simulator.baseUrl).port), note),
  ]);
  const through = new URL(databaseUrl);
  through.port = String(ledger.port);
  const settings: Settings = {
    TEST_MODE: true,
    SIMULATOR_URL: `http://127.0.0.1:${provider.port}/v1`,
    DATABASE_URL: through.href,
    LEDGER_POOL_SIZE: POOL_SIZE,
    TEMPORAL_ADDRESS: `127.0.0.1:${temporal.port}`,
    TEMPORAL_NAMESPACE: namespace,
    TASK_QUEUE: 'one-of-each',
    SWEEP_INTERVAL_SECONDS: 86_400,
  };
  return { settings, ways: { ledger, temporal, simulator: provider }, endings, databaseUrl, namespace };
}

const acquire = async (api: Program, id: string) =>
  (await fetch(`${api.url}/session/${id}/acquire`, { method: 'POST' })).status;

/** Connections that PostgreSQL sees, by the program that says it is theirs. */
async function backends(databaseUrl: string, program: string): Promise<number> {
  const rows = await query(
    databaseUrl,
    'SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = $1',
    [program],
  );
  return rows.length;
}

/** Whether a connection to a port is taken. */
function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => {
      resolve(false);
    });
  });
}

/** Past the counted way. */
const directly = () => Connection.connect({ address: inject('temporalAddress') });

/** A session is told to Temporal once its lease has a workflow; nobody runs it. */
const toldTemporal = (ways: Ways) =>
  until(() => ways.temporal.opened() > 0, { describe: 'the api has told Temporal' });

it('the api uses one of each, also when its first calls all come at once, and keeps them until it has answered', async () => {
  const { settings, ways, endings, databaseUrl, namespace } = await surroundings();
  const api = await startApi(settings);
  const first = Array.from({ length: AT_ONCE }, (_, index) => acquire(api, `first-${index}`));
  const ready = Array.from({ length: 5 }, async () => (await fetch(`${api.url}/health/ready`)).status);
  expect(new Set(await Promise.all(first))).toEqual(new Set([200]));
  await Promise.all(ready);
  await toldTemporal(ways);
  expect(await backends(databaseUrl, 'loiter-killer-api')).toBeLessThanOrEqual(POOL_SIZE);
  expect(ways.ledger.open()).toBeLessThanOrEqual(POOL_SIZE);
  expect(ways.temporal.opened()).toBe(1);
  const sent = ways.simulator.opened();
  expect(sent).toBeGreaterThan(0);
  expect(sent).toBeLessThanOrEqual(AT_ONCE);
  for (let more = 0; more < 5; more += 1) expect(await acquire(api, `more-${more}`)).toBe(200);
  expect(ways.temporal.opened()).toBe(1);
  expect(ways.simulator.opened()).toBe(sent);

  // Who stops tells what it has begun to tell, and leaves to the outbox what waits for its turn: nothing may.
  const temporal = new Client({ connection: await directly(), namespace });
  await until(async () => (await temporal.workflow.count()).count >= AT_ONCE + 5, {
    ...{ describe: 'every session told', deadlineMs: 30_000 },
  });
  ways.simulator.hold();
  const held = acquire(api, 'held').then((status) => {
    endings.push(`answered ${status}`);
  });
  await until(
    async () =>
      (await query(databaseUrl, `SELECT FROM lease WHERE session_id = 'held' AND state = 'provisioning'`))
        .length === 1,
    { describe: 'the call is under way' },
  );
  endings.length = 0;
  const stopped = api.stop();
  await until(async () => !(await listens(Number(new URL(api.url).port))), { describe: 'nothing listens' });
  expect(endings.filter((line) => !line.startsWith('simulator'))).toEqual([]);
  expect([ways.temporal.open(), ways.ledger.open() > 0]).toEqual([1, true]);
  ways.simulator.letGo();
  await held;
  expect(await stopped).toBe('code 0');
  await until(() => ways.ledger.open() + ways.temporal.open() === 0, { describe: 'all have ended' });
  const order = endings.filter((line) => /^(?:answered|temporal|ledger) /.test(line));
  expect(order[0]).toBe('answered 200');
  expect(order).toContain('temporal 0');
  expect(order).toContain('ledger 0');
  // No worker is there whose outbox would make up for it.
  await expect(temporal.workflow.getHandle('session/held').describe()).resolves.toMatchObject({
    workflowId: 'session/held',
  });
  await temporal.connection.close();
});

it('the worker uses one pool and, as its SDK has two halves, two connections to Temporal', async () => {
  const { settings, ways, endings, databaseUrl } = await surroundings();
  const worker = await startWorker(settings);
  const api = await startApi(settings);
  const acquired = await Promise.all(
    Array.from({ length: AT_ONCE }, (_, index) => acquire(api, `s-${index}`)),
  );
  expect(new Set(acquired)).toEqual(new Set([200]));
  await until(
    async () =>
      (await query(databaseUrl, 'SELECT FROM lease WHERE seen_version = wanted_version')).length === AT_ONCE,
    { describe: 'every workflow has looked', deadlineMs: 30_000 },
  );
  expect(await backends(databaseUrl, 'loiter-killer-worker')).toBeLessThanOrEqual(POOL_SIZE);
  expect(await api.stop()).toBe('code 0');
  // The third is the api's.
  expect(ways.temporal.opened()).toBe(3);
  endings.length = 0;
  expect(await worker.stop()).toBe('code 0');
  await until(() => ways.ledger.open() + ways.temporal.open() === 0, {
    describe: 'all connections have ended',
  });
  expect(endings.filter((line) => line.endsWith(' 0')).sort()).toEqual(
    expect.arrayContaining(['ledger 0', 'temporal 0']),
  );
});
