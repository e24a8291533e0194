import { chanceOf } from '../random.ts';
import { clientsOf } from './clients.ts';
import type { Planned, Schedule } from './contract.ts';
import { troublesOf } from './troubles.ts';

/** Calls a schedule has at least, copies included. */
export const LEAST_CALLS = 200;

/** The schedule of a seed; `also` are troubles that it gets besides its own. */
export function schedule(seed: number, also: readonly Planned[] = []): Schedule {
  const chance = chanceOf(seed);
  const pools = { files: 60, stores: 8 };
  const { clients, endMs } = clientsOf(seed, chance, { ...pools, leastCalls: LEAST_CALLS });
  return { seed, clients, troubles: [...troublesOf(chance, endMs), ...also], pools };
}
