/** Typed client of the control routes, for tests, bench and demo. */
import { setTimeout as pause } from 'node:timers/promises';
import type {
  FaultRule,
  HeldCall,
  JournalEntry,
  JournalPage,
  SimulatorConfig,
  StateView,
} from './contract.ts';

const POLL_MS = 10;
const CALL_TIMEOUT_MS = 10_000;
const DEFAULT_WAIT_MS = 10_000;

export interface SimulatorControl {
  /** Sets a fault; resolves with its id. */
  setFault(rule: FaultRule): Promise<number>;
  clearFaults(): Promise<void>;
  /** Frees the calls now held under that name (or cuts their connections); resolves with how many. */
  release(name: string, how?: 'continue' | 'drop'): Promise<number>;
  held(): Promise<readonly HeldCall[]>;
  /** Resolves with the calls held under the name once there are `count`; rejects after `timeoutMs`. */
  waitForHeld(name: string, options?: { count?: number; timeoutMs?: number }): Promise<readonly HeldCall[]>;
  /** Entries after `since` (a `seq`). */
  journal(since?: number): Promise<readonly JournalEntry[]>;
  journalPage(since?: number): Promise<JournalPage>;
  /** Resolves with the entries that fit once there are `count`; rejects after `timeoutMs`. */
  waitForJournal(
    fits: (entry: JournalEntry) => boolean,
    options?: { count?: number; since?: number; timeoutMs?: number },
  ): Promise<readonly JournalEntry[]>;
  state(): Promise<StateView>;
  config(change?: Partial<SimulatorConfig>): Promise<SimulatorConfig>;
  /** Makes a store expired at the provider. */
  expire(storeId: string): Promise<void>;
  /** Deletes a store behind everybody's back; the journal does not show it. */
  vanish(storeId: string): Promise<void>;
  /** Makes a store or a file this much older. */
  age(id: string, seconds: number): Promise<void>;
  health(): Promise<{ readonly status: string; readonly boot: string }>;
}

async function until<T>(
  what: string,
  timeoutMs: number,
  look: () => Promise<{ readonly done: boolean; readonly value: T }>,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const { done, value } = await look();
    if (done) return value;
    if (performance.now() > deadline) {
      throw new Error(
        `Not seen within ${timeoutMs} ms: ${what}. Last seen: ${JSON.stringify(value).slice(0, 2_000)}`,
      );
    }
    await pause(POLL_MS);
  }
}

type Call = <T>(method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown) => Promise<T>;

function callerOf(url: string): Call {
  const root = `${url.replace(/\/+$/, '').replace(/(\/v1|\/kimi\/v1|\/glm\/v4)$/, '')}/_control`;
  return async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const response = await fetch(`${root}/${path}`, {
      method,
      signal: AbortSignal.timeout(CALL_TIMEOUT_MS),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`Simulator control ${method} ${path}: ${response.status} ${text}`);
    return JSON.parse(text) as T;
  };
}

/** The control client of the simulator at `url`, with or without the `/v1` of the provider's base URL. */
export function controlSimulator(url: string): SimulatorControl {
  const call = callerOf(url);
  const journalPage = (since = 0) => call<JournalPage>('GET', `journal?since=${since}`);
  const held = async () => (await call<{ held: HeldCall[] }>('GET', 'held')).held;
  return {
    setFault: async (rule) => (await call<{ id: number }>('POST', 'faults', rule)).id,
    clearFaults: async () => void (await call('DELETE', 'faults')),
    release: async (name, how = 'continue') => {
      const path = `release/${encodeURIComponent(name)}`;
      return (await call<{ released: number }>('POST', path, { how })).released;
    },
    held,
    waitForHeld: (name, { count = 1, timeoutMs = DEFAULT_WAIT_MS } = {}) =>
      until(`${count} calls held as ${name}`, timeoutMs, async () => {
        const value = (await held()).filter((one) => one.name === name);
        return { done: value.length >= count, value };
      }),
    journalPage,
    journal: async (since) => (await journalPage(since)).entries,
    waitForJournal: (fits, { count = 1, since = 0, timeoutMs = DEFAULT_WAIT_MS } = {}) =>
      until(`${count} fitting calls in the journal`, timeoutMs, async () => {
        const value = (await journalPage(since)).entries.filter(fits);
        return { done: value.length >= count, value };
      }),
    state: () => call<StateView>('GET', 'state'),
    config: (change) =>
      change === undefined
        ? call<SimulatorConfig>('GET', 'config')
        : call<SimulatorConfig>('POST', 'config', change),
    expire: async (storeId) => void (await call('POST', `expire/${encodeURIComponent(storeId)}`)),
    vanish: async (storeId) => void (await call('POST', `vanish/${encodeURIComponent(storeId)}`)),
    age: async (id, seconds) => void (await call('POST', `age/${encodeURIComponent(id)}`, { seconds })),
    health: () => call<{ status: string; boot: string }>('GET', 'health'),
  };
}
