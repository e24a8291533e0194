/** No call of the ledger hangs: whatever happens to the server, an answer is there within 4 s. */
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Cluster } from '../../dev/postgres/cluster.ts';
import { isServiceError, ServiceError } from '../../domain/errors.ts';
import { migrate, openLedger, type Ledger } from '../../ledger/index.ts';
import { renew } from '../../ledger/queries/renew.ts';
import { adopt, pause, resume, scratchDirectory } from '../support/parts.ts';
import { startPostgres } from '../support/shared-servers.ts';
import { until } from '../support/until.ts';
import { openClient, TIMES } from './two-sides.ts';

/** The contract's limit for renew and files. */
const LIMIT_MS = 4_000;
const ONE = { name: 'one', text: 'SELECT 1 AS one' };
const SLOW = { name: 'slow', text: 'SELECT pg_sleep(30)' };

let cluster: Cluster;
let url: string;

beforeAll(async () => {
  cluster = await startPostgres(scratchDirectory('postgres'));
  adopt(cluster.part, 'SIGINT');
  url = await cluster.database('limits');
  await migrate(url);
});
afterAll(() => cluster.stop());

function open(poolSize = 4): Ledger {
  const ledger = openLedger({ url, poolSize, applicationName: 'limited', onError: () => undefined });
  onTestFinished(() => ledger.close());
  return ledger;
}

/** What a call ended with, and after how many milliseconds. */
async function timed(call: Promise<unknown>): Promise<{ code: string; ms: number }> {
  const startedAt = performance.now();
  const code = await call.then(
    () => 'OK',
    (error: unknown) => (isServiceError(error) ? error.code : String(error)),
  );
  return { code, ms: performance.now() - startedAt };
}

const backends = async () => {
  const client = await openClient(url, 'watcher');
  const found = await client.query<{ pid: number; state: string }>(
    `SELECT pid, state FROM pg_stat_activity WHERE application_name = 'limited'`,
  );
  return found.rows;
};

/** SIGSTOP reaches the postmaster only: the backends have to stand still too. */
async function freeze(ledger: Ledger): Promise<() => void> {
  const pids = await until(
    async () => {
      const found = await backends();
      return found.length === ledger.stats().total ? found.map((backend) => backend.pid) : null;
    },
    { describe: 'the connections of earlier tests to be gone' },
  );
  pause(cluster.part);
  for (const pid of pids) process.kill(pid, 'SIGSTOP');
  const thaw = () => {
    for (const pid of pids) process.kill(pid, 'SIGCONT');
    resume(cluster.part);
  };
  onTestFinished(() => {
    resume(cluster.part);
  });
  return thaw;
}

describe('the server stands still', () => {
  it.each(['idle connections', 'no connection yet'])(
    'with %s: unavailable within the limit, and back after',
    async (how) => {
      const ledger = open();
      if (how === 'idle connections') await Promise.all([ledger.rows(ONE, []), ledger.rows(ONE, [])]);
      const thaw = await freeze(ledger);
      const answers = await Promise.all([
        timed(ledger.rows(ONE, [])),
        timed(renew(ledger, { sessionId: 'abc', leaseId: null, ...TIMES })),
        timed(ledger.transaction((db) => db.rows(ONE, []))),
        timed(ledger.rows(ONE, [])),
        timed(ledger.rows(ONE, [])),
        timed(ledger.transaction((db) => db.rows(ONE, []))),
      ]);
      for (const { code, ms } of answers) {
        expect(code).toBe('LEDGER_UNAVAILABLE');
        expect(ms).toBeLessThan(LIMIT_MS);
      }
      await until(() => ledger.stats().total === 0, { describe: 'no client to be kept' });
      thaw();
      await until(() => ledger.rows(ONE, []), { describe: 'the ledger to answer again' });
      expect(await ledger.rows(ONE, [])).toEqual([{ one: 1 }]);
    },
  );

  it('in the middle of a transaction: unavailable within the limit, nothing committed', async () => {
    const ledger = open();
    await ledger.rows(ONE, []);
    let thaw = () => undefined as void;
    const insert = { name: 'insert', text: `INSERT INTO notice (kind, detail) VALUES ('half', 'done')` };
    const answer = await timed(
      ledger.transaction(async (db) => {
        await db.rows(insert, []);
        thaw = await freeze(ledger);
        await db.rows(ONE, []);
      }),
    );
    expect(answer.code).toBe('LEDGER_UNAVAILABLE');
    expect(answer.ms).toBeLessThan(LIMIT_MS);
    expect(ledger.stats().total).toBe(0);
    thaw();
    const rows = await until(() => ledger.rows({ name: 'half', text: 'SELECT FROM notice' }, []), {
      describe: 'the ledger to answer again',
    });
    expect(rows).toEqual([]);
  });
});

describe('a statement takes too long', () => {
  it('the server ends it first, and the connection is used again', async () => {
    const ledger = open();
    await ledger.rows(ONE, []);
    const [before] = await backends();
    const { code, ms } = await timed(ledger.rows(SLOW, []));
    expect(code).toBe('LEDGER_UNAVAILABLE');
    expect(ms).toBeGreaterThan(1_500);
    expect(ms).toBeLessThan(LIMIT_MS);
    expect(await ledger.rows(ONE, [])).toEqual([{ one: 1 }]);
    expect((await backends()).map((backend) => backend.pid)).toEqual([before?.pid]);
  });

  it('several slow statements of one transaction share one limit', async () => {
    const ledger = open();
    const nap = { name: 'nap', text: 'SELECT pg_sleep(1.2)' };
    const { code, ms } = await timed(
      ledger.transaction(async (db) => {
        for (let times = 0; times < 5; times += 1) await db.rows(nap, []);
      }),
    );
    expect(code).toBe('LEDGER_UNAVAILABLE');
    expect(ms).toBeLessThan(LIMIT_MS);
    expect(ledger.stats().total).toBe(0);
  });

  it('a row that somebody keeps locked is reported as unavailable', async () => {
    const ledger = open();
    await ledger.rows(
      { name: 'seed', text: `INSERT INTO notice VALUES ('locked', '') ON CONFLICT DO NOTHING` },
      [],
    );
    const other = await openClient(url, 'other');
    await other.query('BEGIN');
    await other.query('SELECT FROM notice FOR UPDATE');
    const update = { name: 'update', text: `UPDATE notice SET detail = 'x'` };
    const { code, ms } = await timed(ledger.rows(update, []));
    await other.query('ROLLBACK');
    expect(code).toBe('LEDGER_UNAVAILABLE');
    expect(ms).toBeLessThan(LIMIT_MS);
  });
});

describe('the pool', () => {
  it('is exhausted: those who wait are turned away in time', async () => {
    const ledger = open(2);
    const busy = [timed(ledger.rows(SLOW, [])), timed(ledger.rows(SLOW, []))];
    await until(() => ledger.stats().total === 2 && ledger.stats().idle === 0, { describe: 'a full pool' });
    const { code, ms } = await timed(ledger.rows(ONE, []));
    expect(code).toBe('LEDGER_UNAVAILABLE');
    expect(ms).toBeLessThan(1_600);
    await Promise.all(busy);
    expect(await ledger.rows(ONE, [])).toEqual([{ one: 1 }]);
  });

  it('loses idle connections, and makes new ones', async () => {
    const ledger = open();
    await ledger.rows(ONE, []);
    const admin = await openClient(url, 'admin');
    await admin.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'limited'`,
    );
    await until(() => ledger.stats().total === 0, { describe: 'the broken connection to be noticed' });
    expect(await ledger.rows(ONE, [])).toEqual([{ one: 1 }]);
  });
});

describe('a transaction', () => {
  const insert = { name: 'insert-rule', text: `INSERT INTO notice (kind, detail) VALUES ('rule', 'x')` };

  it('that our own rules end is rolled back, and its connection used again', async () => {
    const ledger = open();
    await ledger.rows(ONE, []);
    const [before] = await backends();
    const answer = await timed(
      ledger.transaction(async (db) => {
        await db.rows(insert, []);
        throw new ServiceError('FILE_BEING_DELETED');
      }),
    );
    expect(answer.code).toBe('FILE_BEING_DELETED');
    expect(await ledger.rows({ name: 'rule', text: `SELECT FROM notice WHERE kind = 'rule'` }, [])).toEqual(
      [],
    );
    expect(await backends()).toEqual([{ pid: before?.pid, state: 'idle' }]);
  });

  it('that a fault of ours ends is rolled back, shown as what it is, and its connection destroyed', async () => {
    const ledger = open();
    const answer = await timed(
      ledger.transaction(async (db) => {
        await db.rows(insert, []);
        throw new TypeError('a bug');
      }),
    );
    expect(answer.code).toBe('TypeError: a bug');
    expect(ledger.stats().total).toBe(0);
    const wrong = await timed(ledger.rows({ name: 'wrong', text: 'SELECT nothing FROM nowhere' }, []));
    expect(wrong.code).toContain('nowhere');
    expect(ledger.stats().total).toBe(1);
  });

  it('that is left idle is ended by the server', async () => {
    const ledger = open();
    let hung: (value: unknown) => void = () => undefined;
    const forever = new Promise((resolve) => (hung = resolve));
    const answer = timed(
      ledger.transaction(async (db) => {
        await db.rows(insert, []);
        await forever;
        await db.rows(ONE, []);
      }),
    );
    await until(async () => (await backends()).some((backend) => backend.state === 'idle in transaction'), {
      describe: 'the transaction to idle',
    });
    await until(async () => (await backends()).length === 0, {
      describe: 'the server to end it',
      deadlineMs: 4_000,
    });
    hung(undefined);
    expect((await answer).code).toBe('LEDGER_UNAVAILABLE');
    expect(await ledger.rows({ name: 'rule', text: `SELECT FROM notice WHERE kind = 'rule'` }, [])).toEqual(
      [],
    );
  });
});
