import { setTimeout as sleep } from 'node:timers/promises';
import { ServiceError } from '../domain/errors.ts';
import { ProviderFailure } from '../providers/failure.ts';
import type { StoreProvider } from '../providers/port.ts';
import { attemptOf, noneLeft } from './attempts.ts';
import type { Call, Obtained, UploadDeps } from './call.ts';

/** A new file may be unknown to the store for a moment: it is tried again after each of these (a read took 31 s once). */
const PAUSES_MS = [250, 500, 1_000, 2_000, 4_000];
/** The provider turned it down for the moment: locked, too early. */
const NOT_NOW: readonly (number | undefined)[] = [409, 423, 425];

interface Attaching {
  readonly provider: StoreProvider;
  readonly storeId: string;
  readonly fileId: string;
}

/** Whether the provider shows the store as one that takes files. */
async function takesFiles(
  deps: UploadDeps,
  { time }: Call,
  { provider, storeId }: Attaching,
): Promise<boolean> {
  const deadlineMs = Math.min(deps.settings.providerDeadlineMs, time.leftMs());
  try {
    return (await provider.retrieveStore(storeId, { deadlineMs, mayBeMissing: true })).status !== 'expired';
  } catch (error) {
    // Who cannot tell is not asked again: what the attaching failed with is told.
    if (!(error instanceof ProviderFailure)) throw error;
    return error.kind !== 'gone';
  }
}

async function refusalOf(deps: UploadDeps, call: Call, of: { to: Attaching; failure: ProviderFailure }) {
  const { to, failure } = of;
  if (failure.kind === 'full') return new ServiceError('STORE_FULL', { cause: failure });
  const attempt = attemptOf(failure);
  if (attempt !== undefined && !NOT_NOW.includes(failure.status)) return noneLeft([attempt], true);
  const saysSo = failure.kind === 'gone' || failure.reason === 'store_not_ready';
  const isStore = attempt !== undefined || saysSo || !(await takesFiles(deps, call, to));
  return new ServiceError(isStore ? 'STORE_NOT_READY' : 'PROVIDER_REFUSED', { cause: failure });
}

/** The file is not known yet where the store is. */
async function isEarly(
  deps: UploadDeps,
  call: Call,
  of: { to: Attaching; error: unknown },
): Promise<boolean> {
  const { to, error } = of;
  return error instanceof ProviderFailure && error.kind === 'gone' && (await takesFiles(deps, call, to));
}

async function attachOnce({ settings }: UploadDeps, { time }: Call, to: Attaching): Promise<void> {
  const deadlineMs = Math.min(settings.providerDeadlineMs, time.leftMs());
  await to.provider.attachFile(to.storeId, to.fileId, { deadlineMs, mayBeMissing: true });
}

async function attachInTime(deps: UploadDeps, call: Call, to: Attaching): Promise<void> {
  for (const pauseMs of PAUSES_MS) {
    try {
      await attachOnce(deps, call, to);
      return;
    } catch (error) {
      const mayWait = call.time.leftMs() > pauseMs;
      if (!mayWait || !(await isEarly(deps, call, { to, error }))) throw error;
      await sleep(pauseMs);
    }
  }
  await attachOnce(deps, call, to);
}

/**
 * Attaches the file to the session's store; one that is attached already stays so. Whatever this throws, the lease
 * tracks the file, and the same upload once more is a hit that attaches it: `STORE_FULL`, `STORE_NOT_READY`,
 * `PROVIDER_REFUSED`, `PROVIDER_UNAVAILABLE`, `PROVIDER_THROTTLED`.
 */
export async function attach(deps: UploadDeps, call: Call, obtained: Obtained): Promise<void> {
  if (call.store === null) return;
  const { provider } = obtained.candidate.account;
  const to = { provider, storeId: call.store.storeId, fileId: obtained.fileId };
  try {
    await attachInTime(deps, call, to);
  } catch (error) {
    if (!(error instanceof ProviderFailure)) throw error;
    throw await refusalOf(deps, call, { to, failure: error });
  }
}
