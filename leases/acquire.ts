import { ServiceError, isServiceError } from '../domain/errors.ts';
import type { Acquired, AcquireRequest } from './contract.ts';
import type { LeaseDeps, OftenDeps } from './deps.ts';
import { fly } from './flight.ts';
import { leaseTimes, toHeld } from './held.ts';
import { protectLive } from './protect.ts';
import type { Settled } from './settle-claim.ts';

/** Creates under way in this process, by session: they outlive the request that began them. */
export type Flights = Map<string, Promise<Settled>>;

async function protectReused(deps: LeaseDeps, sessionId: string, leaseId: string): Promise<boolean> {
  try {
    await protectLive(deps, sessionId, { protect: true, leaseId });
    return true;
  } catch (error) {
    if (isServiceError(error) && error.code !== 'LEDGER_UNAVAILABLE') return false;
    throw error;
  }
}

async function reuse(deps: OftenDeps, request: AcquireRequest): Promise<Acquired | undefined> {
  const { sessionId, requestId } = request;
  const row = await deps.often.reacquire({ sessionId, ...leaseTimes(deps.settings) });
  if (row === undefined) return undefined;
  const newlyProtected = request.protect && !row.protected;
  // The lease may end between the two statements: then there is none to reuse, and certainly no later one to protect.
  if (newlyProtected && !(await protectReused(deps, sessionId, row.leaseId))) return undefined;
  deps.meter.acquired('reused');
  deps.log.info({
    event: 'lease_reused',
    session_id: sessionId,
    lease_id: row.leaseId,
    request_id: requestId,
  });
  return {
    ...toHeld(newlyProtected ? { ...row, leftMs: null } : row, deps.settings),
    vectorStoreId: row.vectorStoreId,
    reused: true,
    files: row.files,
    filePaths: row.filePaths,
  };
}

function begin(deps: OftenDeps, flights: Flights, request: AcquireRequest): Promise<Settled> {
  const flight = fly(deps, request.sessionId, request.protect).finally(() => {
    flights.delete(request.sessionId);
  });
  flights.set(request.sessionId, flight);
  return flight;
}

/** The flight goes on whatever its first passenger does, so its failure is always listened to. */
async function within(flight: Promise<Settled>, deadline: number): Promise<Settled> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    const leftMs = Math.max(0, deadline - performance.now());
    timer = setTimeout(() => {
      reject(new ServiceError('ACQUIRE_TIMEOUT', { retryAfterSeconds: 1 }));
    }, leftMs);
  });
  flight.catch(() => undefined);
  try {
    return await Promise.race([flight, late]);
  } finally {
    clearTimeout(timer);
  }
}

function made(deps: LeaseDeps, request: AcquireRequest, settled: Exclude<Settled, 'lost'>): Acquired {
  deps.meter.acquired('new');
  deps.log.info({
    event: 'lease_acquired',
    session_id: request.sessionId,
    lease_id: settled.leaseId,
    vector_store_id: settled.vectorStoreId,
    request_id: request.requestId,
  });
  const { vectorStoreId } = settled;
  return { ...toHeld(settled, deps.settings), vectorStoreId, reused: false, files: [], filePaths: [] };
}

async function obtain(deps: OftenDeps, flights: Flights, request: AcquireRequest): Promise<Acquired> {
  const deadline = performance.now() + deps.settings.acquireTimeoutMs;
  while (performance.now() < deadline) {
    const held = await reuse(deps, request);
    if (held !== undefined) return held;
    const running = flights.get(request.sessionId);
    const settled = await within(running ?? begin(deps, flights, request), deadline);
    // Only whoever began the flight may say "not reused": the others go round and renew.
    if (running === undefined && settled !== 'lost') return made(deps, request, settled);
  }
  throw new ServiceError('ACQUIRE_TIMEOUT', { retryAfterSeconds: 1 });
}

function noteRefusal(deps: LeaseDeps, { sessionId, requestId }: AcquireRequest, error: ServiceError): void {
  deps.meter.capacityRefused();
  deps.log.warn({
    event: 'capacity_refused',
    session_id: sessionId,
    request_id: requestId,
    error: error.message,
    retry_after_seconds: error.retryAfterSeconds,
  });
}

/** The session's vector store: the live lease's, renewed, or that of a new lease. */
export async function acquire(deps: OftenDeps, flights: Flights, request: AcquireRequest): Promise<Acquired> {
  if (!deps.provider.offersStores) throw new ServiceError('PROVIDER_HAS_NO_STORES');
  try {
    return await obtain(deps, flights, request);
  } catch (error) {
    const full = isServiceError(error, 'CAPACITY_EXHAUSTED');
    deps.meter.acquired(full || isServiceError(error, 'PROVIDER_REFUSED') ? 'refused' : 'failed');
    if (full) noteRefusal(deps, request, error);
    throw error;
  }
}

/** Waits for creates under way, at most `waitMs`. */
export async function settleFlights(flights: Flights, waitMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const enough = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, waitMs);
  });
  await Promise.race([Promise.allSettled(flights.values()), enough]);
  clearTimeout(timer);
}
