import {
  freePlaces,
  holders,
  retryAfterSeconds,
  usedPlaces,
  type CapacityRule,
  type Places,
} from '../domain/capacity.ts';
import { ServiceError } from '../domain/errors.ts';
import { accountsInUse, type AccountInUse } from '../ledger/queries/accounts-in-use.ts';
import { leaseForecast } from '../ledger/queries/lease-forecast.ts';
import { storeUsage, type StoreUsage } from '../ledger/queries/store-usage.ts';
import type { AccountCapacity } from './contract.ts';
import type { LeaseDeps } from './deps.ts';

/** From one minute to a day: when places will come free if nobody renews. */
export const FORECAST_SECONDS = [60, 300, 900, 3_600, 10_800, 21_600, 43_200, 86_400];

/** What the configuration allows each account. */
export function capacityRule({ settings }: LeaseDeps): CapacityRule {
  return { storeLimit: settings.maxVectorStores, countForeign: settings.countForeignStores };
}

/** Which settings make room, in the words of the environment. */
function waysOut(places: Places, { countForeign }: CapacityRule): string {
  const foreign = countForeign && places.foreign > 0;
  return `MAX_VECTOR_STORES sets the limit${
    foreign ? ', and COUNT_FOREIGN_STORES=false leaves the foreign ones out' : ''
  }.`;
}

/** The 429 of an account that holds as many stores as it may. */
export function fullByLimit(usage: StoreUsage, rule: CapacityRule): ServiceError {
  const count = `${usedPlaces(usage, rule)} of ${rule.storeLimit} places for vector stores are taken`;
  return new ServiceError('CAPACITY_EXHAUSTED', {
    detail: `${count}: ${holders(usage)}. ${waysOut(usage, rule)}`,
    retryAfterSeconds: retryAfterSeconds(usage.nextFreeMs),
  });
}

/** The same where it is the provider that takes no more, at or below our own limit. */
export async function fullAtProvider(deps: LeaseDeps): Promise<ServiceError> {
  const { storeLimit } = capacityRule(deps);
  const usage = await storeUsage(deps.ledger, deps.accountId);
  const limit = storeLimit === 0 ? 'which is 0 (no limit)' : `which is ${storeLimit}`;
  return new ServiceError('CAPACITY_EXHAUSTED', {
    detail:
      `The provider takes no more vector stores on this account; known here: ${holders(usage)}. ` +
      `MAX_VECTOR_STORES, ${limit}, should not be above the provider's own limit.`,
    retryAfterSeconds: retryAfterSeconds(usage.nextFreeMs),
  });
}

async function capacityOf(deps: LeaseDeps, account: AccountInUse): Promise<AccountCapacity> {
  const rule = capacityRule(deps);
  const [usage, leases] = await Promise.all([
    storeUsage(deps.ledger, account.accountId),
    leaseForecast(deps.ledger, account.accountId, FORECAST_SECONDS),
  ]);
  const { live, draining, stuck, unleased, foreign, nextDeadlineMs } = usage;
  return {
    ...account,
    ...{ live, draining, stuck, unleased, foreign, nextDeadlineMs },
    limit: rule.storeLimit === 0 ? null : rule.storeLimit,
    countForeign: rule.countForeign,
    used: usedPlaces(usage, rule),
    free: freePlaces(usage, rule),
    forecast: FORECAST_SECONDS.map((withinSeconds, index) => ({ withinSeconds, leases: leases[index] ?? 0 })),
  };
}

/** The places of every account in use, this process's own included. */
export async function readCapacity(deps: LeaseDeps): Promise<readonly AccountCapacity[]> {
  const accounts = await accountsInUse(deps.ledger, deps.accountId);
  return Promise.all(accounts.map((account) => capacityOf(deps, account)));
}
