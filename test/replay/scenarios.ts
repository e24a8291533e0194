/** The main scenarios of a session workflow, played against a fake ledger on a real server. */
import { leaseQuery } from '../../workflows/messages.ts';
import { until } from '../support/until.ts';
import { ledgerAway, type FakeLedger } from '../stack/workflow/fake-ledger.ts';
import type { Harness } from '../stack/workflow/harness.ts';

interface Stage {
  readonly ledger: FakeLedger;
  readonly harness: Harness;
}
/** Plays one; the history of the session of the same name is then what is kept. */
type Scenario = (stage: Stage, session: string) => Promise<void>;

const hasEntry = ({ ledger }: Stage, entry: string) =>
  until(() => ledger.journal.includes(entry), { describe: entry });
const shows = ({ harness }: Stage, session: string, leaseId: string) =>
  until(async () => (await harness.handle(session).query(leaseQuery)).lease_id === leaseId, {
    describe: `${leaseId} in view`,
  });

/** By the name of their file in `histories/`. */
export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  'expires-with-files': async ({ ledger, harness }, session) => {
    ledger.add(session, `${session}-1`, 500, { files: ['file-1'] });
    await (await harness.wake(session)).result();
  },
  'signals-then-release': async (stage, session) => {
    const { ledger, harness } = stage;
    ledger.add(session, `${session}-1`, 60_000);
    const handle = await harness.wake(session);
    await shows(stage, session, `${session}-1`);
    await handle.signal('renew', 600);
    await handle.signal('renew', 'junk');
    await handle.signal('track', ['file-1']);
    await hasEntry(stage, `track ${session}-1 file-1`);
    await handle.signal('release');
    await handle.result();
  },
  cancel: async (stage, session) => {
    const { ledger, harness } = stage;
    ledger.add(session, `${session}-1`, 60_000);
    const handle = await harness.wake(session);
    await shows(stage, session, `${session}-1`);
    await handle.cancel();
    await handle.result();
  },
  'cancel-protected': async (stage, session) => {
    const { ledger, harness } = stage;
    ledger.add(session, `${session}-1`, null, { protected: true });
    const handle = await harness.wake(session);
    await shows(stage, session, `${session}-1`);
    const { runId } = await handle.describe();
    await handle.cancel();
    await until(async () => (await handle.describe()).runId !== runId, { describe: 'a new run' });
  },
  'claim-and-expiry': async (stage, session) => {
    const { ledger, harness } = stage;
    ledger.add(session, `${session}-1`, null, {
      state: 'provisioning',
      claimAbandoned: true,
      expiryOutOfDate: true,
    });
    const handle = await harness.wake(session);
    await hasEntry(stage, `settleClaim ${session}-1`);
    await hasEntry(stage, `syncStoreExpiry ${session}-1`);
    await handle.signal('release');
    await handle.result();
  },
  'stuck-beside-a-new-lease': async ({ ledger, harness }, session) => {
    ledger.failing.set(`${session}-1`, 300);
    const first = ledger.add(session, `${session}-1`, 0, { state: 'draining' });
    const handle = await harness.wake(session);
    await until(() => first.attempts >= 2, { describe: 'two failed attempts' });
    ledger.add(session, `${session}-2`, 400);
    await harness.wake(session);
    await until(() => ledger.leases.get(`${session}-2`)?.state === 'closed', {
      describe: 'the second closed',
    });
    ledger.failing.delete(`${session}-1`);
    await handle.result();
  },
  'ledger-away': async ({ ledger, harness }, session) => {
    ledger.before = (what, about) => (what === 'reconcile' && about === session ? ledgerAway() : undefined);
    ledger.add(session, `${session}-1`, 100);
    const handle = await harness.wake(session);
    await until(async () => (await handle.describe()).historyLength > 6, { describe: 'a failed look' });
    ledger.before = () => undefined;
    await harness.wake(session);
    await handle.result();
  },
  'continues-as-new': async (stage, session) => {
    const { ledger, harness } = stage;
    ledger.add(session, `${session}-1`, 60_000);
    const handle = await harness.wake(session);
    const { runId } = await handle.describe();
    await until(
      async () => {
        await handle.signal('changed');
        return (await handle.describe()).runId !== runId;
      },
      { describe: 'a new run', everyMs: 1 },
    );
  },
};
