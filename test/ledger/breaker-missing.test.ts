/** The breaker opens when many stores are not found: the key may lead into another account. */
import { expect, describe, it } from 'vitest';
import { HeldBack } from '../../deletion/limits/held-back.ts';
import { storeIsThere } from '../../deletion/listing-check.ts';
import { breakerState } from '../../ledger/queries/provider-limit.ts';
import {
  areHeldBack,
  CALL,
  create,
  deleteAll,
  deleteEach,
  isOpen,
  makeDue,
  twoProcesses,
} from './limits-kit.ts';
import { until } from '../support/until.ts';

describe('ten stores not found within a minute', () => {
  it('hold back everything but creates; longer ago they count for nothing', async () => {
    const { bench, one, two } = await twoProcesses();
    const unknown = Array.from({ length: 14 }, (_, n) => `vs_test_unknown_${n}`);
    await deleteEach(one, unknown.slice(0, 4));
    await bench.sql(
      `UPDATE provider_limit SET missing_at = ARRAY(SELECT at - interval '61 s' FROM unnest(missing_at) AS at)`,
    );
    const errors = await deleteEach(two, unknown.slice(4, 13));
    for (const error of errors) expect(error).toMatchObject({ kind: 'gone' });
    expect(await isOpen(bench, one)).toBe(false);
    await expect(one.provider.retrieveStore('vs_test_unknown', CALL)).rejects.toMatchObject({ kind: 'gone' });
    expect(await breakerState(bench.ledger, one.accountId)).toMatchObject({ reason: 'missing' });
    expect(one.logged).toMatchObject([{ event: 'provider_breaker_opened', reason: 'missing' }]);
    expect(areHeldBack(await deleteAll([one, two], unknown.slice(13)))).toBe(true);
    await create(one);
    await create(two);
    expect(await isOpen(bench, one)).toBe(true);
    await makeDue(bench);
    const [probe] = await deleteEach(two, unknown.slice(13));
    expect(probe).toMatchObject({ kind: 'gone' });
    expect(await isOpen(bench, one)).toBe(false);
  });

  it('one store that is asked for again and again is one', async () => {
    const { bench, one } = await twoProcesses();
    const [again = '', ...others] = Array.from({ length: 10 }, (_, n) => `vs_test_unknown_${n}`);
    await deleteEach(one, [again, ...others.slice(0, 4), again, again, ...others.slice(4, 8), again, again]);
    expect(await isOpen(bench, one)).toBe(false);
    const [row] = await bench.sql(
      `SELECT missing_targets, cardinality(missing_at) AS times FROM provider_limit`,
    );
    expect(row).toEqual({ missing_targets: [...others.slice(0, 8), again], times: 9 });
    await deleteEach(one, others.slice(8));
    expect(await isOpen(bench, one)).toBe(true);
  });

  it('files not found are nothing to worry about', async () => {
    const { bench, one } = await twoProcesses();
    const files = Array.from({ length: 12 }, (_, n) => one.provider.deleteFile(`file-${n}`, CALL));
    for (const result of await Promise.allSettled(files)) expect(result.status).toBe('rejected');
    expect(await isOpen(bench, one)).toBe(false);
  });

  it('nor are stores that somebody took away, asked for because a listing leaves them out', async () => {
    const { bench, one } = await twoProcesses();
    const deps = { ...bench.deps, provider: one.provider };
    const ask = (n: number) => storeIsThere(deps, `vs_test_vanished_${n}`, AbortSignal.timeout(5_000));
    for (let n = 0; n < 12; n += 1) expect(await ask(n)).toBe(false);
    expect(await isOpen(bench, one)).toBe(false);
  });
});

it('a breaker that they opened is one for failing calls, too, once creates fail in a row; one that works ends the row', async () => {
  const { bench, one, two } = await twoProcesses();
  await deleteAll(
    [one],
    Array.from({ length: 10 }, (_, n) => `vs_test_unknown_${n}`),
  );
  const fail = (times: number) =>
    bench.control.setFault({
      match: { operation: 'create_store' },
      times,
      fault: { kind: 'status', status: 500 },
    });
  await fail(4);
  for (let n = 0; n < 4; n += 1) await expect(create(one)).rejects.toMatchObject({ kind: 'ambiguous' });
  await create(two);
  // A success is told to the ledger when the call has been answered already.
  const isOver = () =>
    bench.sql<{ over: boolean }>(`SELECT failed_targets = '{}' AS over FROM provider_limit`);
  await until(async () => (await isOver())[0]?.over, { describe: 'the end of the row of failures' });
  expect(await breakerState(bench.ledger, one.accountId)).toMatchObject({ reason: 'missing' });
  await fail(5);
  for (let n = 0; n < 5; n += 1) await expect(create(one)).rejects.toMatchObject({ kind: 'ambiguous' });
  await expect(create(one)).rejects.toThrow(HeldBack);
  expect(await breakerState(bench.ledger, one.accountId)).toMatchObject({ reason: 'failing' });
  expect(one.logged.map(({ reason }) => reason)).toEqual(['missing', 'failing']);
  await makeDue(bench);
  await create(two);
  expect(await breakerState(bench.ledger, one.accountId)).toMatchObject({ reason: null });
});
