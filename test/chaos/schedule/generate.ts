import { chanceOf } from '../random.ts';
import { clientsOf } from './clients.ts';
import type { Planned, Schedule } from './contract.ts';
import { troublesOf } from './troubles.ts';
import { uploadTroubles } from './upload-troubles.ts';
import { withTidying, withUploads } from './uploads.ts';

/** Calls a schedule has at least, copies included. */
export const LEAST_CALLS = 200;

/** Uploads have a chance of their own: what else a seed stands for does not depend on them. */
const UPLOADS = 0x5eed;
/** Share of the schedules in which the provider keeps the bytes of files to itself, as documented. */
const REFUSED = 0.2;

/** The schedule of a seed; `also` are troubles that it gets besides its own. */
export function schedule(seed: number, also: readonly Planned[] = []): Schedule {
  const chance = chanceOf(seed);
  const pools = { files: 60, stores: 8 };
  const { clients, endMs } = clientsOf(seed, chance, { ...pools, leastCalls: LEAST_CALLS });
  const troubles = troublesOf(chance, endMs);
  const uploads = chanceOf(seed ^ UPLOADS);
  const contentRule = uploads.is(REFUSED) ? 'refused' : 'given';
  const uploading = withUploads(uploads, clients);
  const all = [...troubles, ...uploadTroubles(uploads, { endMs, besides: troubles }), ...also];
  return { seed, clients: withTidying(uploads, uploading), troubles: all, pools, contentRule };
}
