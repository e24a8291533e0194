import type { Logger } from 'pino';
import type { Config } from '../config/index.ts';
import { guardDeletions } from '../deletion/guard-deletions.ts';
import { limitProvider, limitSettings } from '../deletion/limits/index.ts';
import type { Ledger } from '../ledger/index.ts';
import { providerLimits } from '../ledger/queries/provider-limit.ts';
import type { StoreProvider } from '../providers/port.ts';
import { createBreakerGauge, createLimitMetrics } from '../telemetry/limit-metrics.ts';
import type { ApiMetrics } from '../telemetry/metrics.ts';
import type { Probe } from './readiness.ts';

export interface ApiLimits {
  readonly ledger: Ledger;
  readonly config: Config;
  readonly metrics: ApiMetrics;
  readonly log: Logger;
}

/** Puts a provider within the limits of its account, as this service may use it. */
export function accountLimits({ ledger, config, metrics, log }: ApiLimits) {
  const meterOf = createLimitMetrics(metrics.registry, metrics.files);
  return (provider: StoreProvider, accountId: number): Promise<StoreProvider> =>
    limitProvider(guardDeletions(provider, ledger), {
      ledger,
      accountId,
      settings: limitSettings(config),
      meter: meterOf(provider.account.provider),
      log,
    });
}

/** Shows the breaker of the stores' account to Prometheus. */
export function watchBreaker({ ledger, metrics }: ApiLimits, accountId: number): void {
  createBreakerGauge(
    metrics.registry,
    async () => ((await providerLimits(ledger, accountId))?.reason ?? null) !== null,
  );
}

const DETAILS = {
  failing: 'calls to the provider failed in a row: none is sent until one that tries works',
  missing:
    'the provider did not find ten stores within a minute: is it the right account? Nothing is deleted for now',
};

/** The breaker of the provider's account is closed. */
export function providerProbe(ledger: Ledger, accountId: number): Probe {
  return async () => {
    const limits = await providerLimits(ledger, accountId);
    if (limits === undefined)
      return { ok: false, detail: 'the ledger does not know the limits of the account' };
    const { reason, openMs, openForMs, failures, permitsInUse } = limits;
    const deletions = { deletions_under_way: permitsInUse };
    if (reason === null) return { ok: true, breaker: 'closed', failures_in_a_row: failures, ...deletions };
    return {
      ok: false,
      detail: DETAILS[reason],
      breaker: openMs > 0 ? 'open' : 'half_open',
      reason,
      open_for_seconds: Math.round((openForMs ?? 0) / 1_000),
      next_try_in_seconds: Math.ceil(openMs / 1_000),
      ...deletions,
    };
  };
}
