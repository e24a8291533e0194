import { expect } from 'vitest';
import type { ProviderName } from '../../../domain/providers.ts';
import { createStoreProvider, type ProviderMeter } from '../../../providers/index.ts';
import { ProviderFailure } from '../../../providers/failure.ts';
import type { NewStore, StoreProvider } from '../../../providers/port.ts';
import { TAG_INSTANCE, TAG_LEASE } from '../../../domain/store-tags.ts';

export const TEST_KEY = 'sk-provider-test-key';
export const INSTANCE = 'instance-1';
/** Far beyond what a loopback call takes; tests of deadlines use shorter ones. */
export const LIMITS = { deadlineMs: 10_000 };

export const silentMeter: ProviderMeter = { call: () => undefined };

interface Overrides {
  readonly name?: ProviderName;
  readonly apiKey?: string;
  readonly concurrency?: number;
  readonly meter?: ProviderMeter;
}

export function providerAt(baseUrl: string, overrides: Overrides = {}): StoreProvider {
  return createStoreProvider({
    baseUrl,
    apiKey: TEST_KEY,
    testMode: true,
    concurrency: 16,
    meter: silentMeter,
    ...overrides,
  });
}

export function taggedStore(leaseId: string): NewStore {
  return {
    name: 'session_x',
    metadata: { [TAG_INSTANCE]: INSTANCE, [TAG_LEASE]: leaseId },
    expiresAfterDays: 7,
  };
}

/** The failure that a call ends with; fails the test where it succeeds or throws anything else. */
export async function failureOf(call: Promise<unknown>): Promise<ProviderFailure> {
  const thrown: unknown = await call.then(
    (value) => expect.fail(`succeeded with ${JSON.stringify(value)}`),
    (error: unknown) => error,
  );
  if (!(thrown instanceof ProviderFailure)) throw thrown;
  return thrown;
}
