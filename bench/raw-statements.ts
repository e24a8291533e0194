import { openLedger, type Ledger } from '../ledger/index.ts';
import { POOL_SIZE, type READ, type WRITE } from './statements.ts';

const IN_FLIGHT = 16;

/** A pool like the api's, without HTTP. */
export function openRaw(databaseUrl: string): Ledger {
  return openLedger({
    url: databaseUrl,
    poolSize: POOL_SIZE,
    applicationName: 'bench',
    onError: () => undefined,
  });
}

/** How often one statement runs through the pool, with as many calls under way as the loads have connections. */
export async function rawRate(
  ledger: Ledger,
  statement: typeof READ | typeof WRITE,
  { sessions, seconds }: { readonly sessions: readonly string[]; readonly seconds: number },
): Promise<{ readonly perSecond: number }> {
  const end = performance.now() + seconds * 1000;
  let done = 0;
  await Promise.all(
    Array.from({ length: IN_FLIGHT }, async (_unused, offset) => {
      for (let n = offset; performance.now() < end; n += IN_FLIGHT) {
        await ledger.rows(statement, [sessions[n % sessions.length]]);
        done += 1;
      }
    }),
  );
  return { perSecond: done / seconds };
}
