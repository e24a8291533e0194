import { openLedger, type Ledger } from '../ledger/index.ts';
import { POOL_SIZE, READ, WRITE } from './statements.ts';

const IN_FLIGHT = 16;

interface Plan {
  readonly statement: typeof WRITE;
  readonly sessions: readonly string[];
  readonly seconds: number;
}

async function rate(ledger: Ledger, { statement, sessions, seconds }: Plan): Promise<number> {
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
  return done / seconds;
}

/** Statements a second through a pool like the api's, without HTTP: one UPDATE, one SELECT. */
export async function rawRates(
  databaseUrl: string,
  sessions: readonly string[],
  seconds: number,
): Promise<{ readonly writes: number; readonly reads: number }> {
  const ledger = openLedger({
    url: databaseUrl,
    poolSize: POOL_SIZE,
    applicationName: 'bench',
    onError: () => undefined,
  });
  try {
    await rate(ledger, { statement: READ, sessions, seconds: 2 });
    const reads = await rate(ledger, { statement: READ, sessions, seconds });
    const writes = await rate(ledger, { statement: WRITE, sessions, seconds });
    return { writes, reads };
  } finally {
    await ledger.close();
  }
}
