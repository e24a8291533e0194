import { pauseFor } from '../at.ts';
import { now } from '../clock.ts';
import type { Recorder } from '../history/recorder.ts';
import type { Rig } from '../rig/rig.ts';
import type { Schedule } from '../schedule/contract.ts';
import { LEASE_SECONDS } from '../schedule/clients.ts';
import { ACQUIRE_TIMEOUT_SECONDS, MAX_VECTOR_STORES, UPLOAD_TIMEOUT_SECONDS } from '../settings.ts';
import { calm, recordAftermath } from './aftermath.ts';
import { liveAs } from './client.ts';
import { makeTroubles } from './nemesis.ts';
import { makePools } from './pools.ts';

const OLDER_MS = 1_100;

/** Where the provider of a file is reached, by the account that has it. */
function baseOf(simulatorUrl: string, account: string): string {
  if (account.startsWith('kimi:')) return simulatorUrl.replace(/\/v1$/, '/kimi/v1');
  return account.startsWith('glm:') ? simulatorUrl.replace(/\/v1$/, '/glm/v4') : simulatorUrl;
}

/** What a schedule leaves behind at the provider on purpose would fill the account of the next one. */
async function clearAway({ control, simulatorUrl }: Rig): Promise<void> {
  const { stores, files } = await control.state();
  for (const { id } of stores) await control.vanish(id);
  for (const { id, account } of files) {
    await fetch(`${baseOf(simulatorUrl, account)}/files/${id}`, {
      method: 'DELETE',
      headers: { authorization: 'Bearer test-mode' },
    });
  }
}

/** Plays one schedule to its end and writes its history. */
export async function play(
  rig: Rig,
  plan: Schedule,
  record: { readonly recorder: Recorder; readonly commit: string },
): Promise<void> {
  const { recorder, commit } = record;
  const { apiUrl, simulatorUrl } = rig;
  await calm(rig);
  await rig.control.config({ assistants_content: plan.contentRule });
  const pools = await makePools(simulatorUrl, plan.pools);
  // The provider dates in whole seconds: what is there before must be older than what is made then.
  await pauseFor(OLDER_MS);
  const since = (await rig.control.journalPage(Number.MAX_SAFE_INTEGER)).last_seq;
  const { foreign, ...offered } = pools;
  recorder.write({
    type: 'run',
    at: now(),
    seed: plan.seed,
    commit,
    leaseSeconds: LEASE_SECONDS,
    acquireTimeoutSeconds: ACQUIRE_TIMEOUT_SECONDS,
    uploadTimeoutSeconds: UPLOAD_TIMEOUT_SECONDS,
    storeLimit: MAX_VECTOR_STORES,
    foreign,
    offered,
  });
  await Promise.all([
    ...plan.clients.map((client) =>
      liveAs(client, { apiUrl, simulatorUrl, recorder, pools, seed: plan.seed }),
    ),
    makeTroubles(rig, recorder, plan),
  ]);
  await calm(rig);
  for (const death of rig.deaths()) {
    const about = { kind: 'death', number: -1, victim: death.split(':')[0] ?? '', detail: death };
    recorder.write({ type: 'trouble', at: now(), phase: 'begin', ...about });
  }
  await recordAftermath({ rig, recorder, seed: plan.seed }, since);
  await clearAway(rig);
}
