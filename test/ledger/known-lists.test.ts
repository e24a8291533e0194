/** Lists of which a process knows that a lease tracks them: what makes it look again. */
import { expect, it } from 'vitest';
import { createLeases } from '../../leases/index.ts';
import type { Ledger } from '../../ledger/index.ts';
import { until } from '../support/until.ts';
import { acquireOf, ask, codeOf, connection, openBench, trackOf } from './kit.ts';

const OTHER_LEASE = '11111111-1111-4111-8111-111111111111';

it('a list that was known to a ledger that has been restored since is tracked anew', async () => {
  const bench = await openBench();
  await bench.leases.acquire(acquireOf('abc'));
  const list = trackOf('abc', ['file-a'], ['/p']);
  expect(await bench.leases.track(list)).toMatchObject({ tracked: 2 });
  expect(await bench.leases.track(list)).toMatchObject({ tracked: 0 });
  const operator = await connection(bench.databaseUrl);
  await operator.query(`DELETE FROM lease_entry`);
  await operator.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE datname = current_database() AND pid <> pg_backend_pid()`,
  );
  const again = () => bench.leases.track(list).catch(() => undefined);
  expect(await until(again, { describe: 'a track' })).toMatchObject({ tracked: 2 });
});

it('nor does a renewal count that was made through a connection opened after the look at what is known', async () => {
  const bench = await openBench();
  await bench.leases.acquire(acquireOf('abc'));
  const list = trackOf('abc', ['file-a'], ['/p']);
  let opened = 0;
  let opensAtRenewal = false;
  const ledger: Ledger = {
    ...bench.ledger,
    stats: () => ({ ...bench.ledger.stats(), opened }),
    rows: (statement, values) => {
      if (opensAtRenewal && statement.name === 'renew') opened += 1;
      return bench.ledger.rows(statement, values);
    },
  };
  const leases = createLeases({ ...bench.deps, ledger });
  expect(await leases.track(list)).toMatchObject({ tracked: 2 });
  opensAtRenewal = true;
  await bench.sql(`DELETE FROM lease_entry`);
  expect(await leases.track(list)).toMatchObject({ tracked: 2 });
  expect(opened).toBe(1);
});

it('a list that is known is not looked up again, and is looked up anew for the next lease', async () => {
  const bench = await openBench();
  const first = await bench.leases.acquire(acquireOf('abc'));
  const list = trackOf('abc', ['file-a'], ['/p']);
  const sent: string[] = [];
  const ledger: Ledger = {
    ...bench.ledger,
    rows: (statement, values) => {
      sent.push(statement.name);
      return bench.ledger.rows(statement, values);
    },
  };
  const leases = createLeases({ ...bench.deps, ledger });
  expect(await leases.track(list)).toMatchObject({ tracked: 2, leaseId: first.leaseId });
  sent.length = 0;
  expect(await leases.track(list)).toMatchObject({ tracked: 0, leaseId: first.leaseId });
  expect(await leases.track({ ...list, leaseId: first.leaseId })).toMatchObject({ tracked: 0 });
  expect(sent).toEqual(['renew', 'renew']);
  expect(await codeOf(leases.track({ ...list, leaseId: OTHER_LEASE }))).toBe('LEASE_REPLACED');

  await bench.leases.release({ ...ask('abc'), force: false });
  expect(await codeOf(leases.track(list))).toBe('SESSION_NOT_FOUND');
  await bench.sql(`DELETE FROM lease_entry`);
  await bench.sql(`DELETE FROM file`);
  const second = await bench.leases.acquire(acquireOf('abc'));
  expect(await leases.track(list)).toMatchObject({ tracked: 2, leaseId: second.leaseId });
  expect(await bench.leases.acquire(acquireOf('abc'))).toMatchObject({
    files: ['file-a'],
    filePaths: ['/p'],
  });
});
