import { CallAnswers, GuardAnswers } from '../../contract/answers.ts';
import { CapacityAnswer } from '../../contract/capacity.ts';
import type { AccountCapacity } from '../../leases/contract.ts';
import { PLAIN_LIMIT_MS, within } from '../deadline.ts';
import type { ApiDeps, App } from '../deps.ts';

const { 503: unavailable } = CallAnswers;
const schema = {
  operationId: 'capacity',
  summary: 'What holds the places for vector stores, and when they come free.',
  tags: ['operations'],
  response: { 200: CapacityAnswer, ...GuardAnswers, 503: unavailable },
};

const isoTime = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());

function describeAccount(account: AccountCapacity): CapacityAnswer['accounts'][number] {
  const { limit, used, free, live, draining, stuck, unleased, foreign } = account;
  return {
    account_id: account.accountId,
    provider: account.provider,
    base_url: account.baseUrl,
    ...{ limit, used, free, live, draining, stuck, unleased, foreign },
    foreign_counted: account.countForeign,
    next_deadline: isoTime(account.nextDeadlineMs),
    usage_bytes: account.usageBytes,
    listed_at: isoTime(account.listedAtMs),
    forecast: account.forecast.map(({ withinSeconds, leases }) => ({
      within_seconds: withinSeconds,
      leases,
    })),
  };
}

/** `GET /capacity` */
export function capacityRoute(app: App, { leases }: ApiDeps): void {
  app.get('/capacity', { schema }, async () => {
    const accounts = await within(PLAIN_LIMIT_MS, 'LEDGER_UNAVAILABLE', leases.capacity());
    return { accounts: accounts.map(describeAccount) };
  });
}
