import { performance } from 'node:perf_hooks';
import type { Component } from '../contract/health.ts';
import type { ComponentMap } from './deps.ts';

/** A load balancer asks every few seconds and waits no longer than that. */
const PROBE_LIMIT_MS = 1_500;

/** What a check found; a throw or a time-out counts as not ok. */
export interface ProbeResult {
  readonly ok: boolean;
  readonly detail?: string;
  readonly [field: string]: unknown;
}
export type Probe = () => Promise<ProbeResult>;

/** Asks every component at once, each for a bounded time. The answer names no internals of a failure. */
export function createReadiness(
  probes: Readonly<Record<string, Probe>>,
  limitMs = PROBE_LIMIT_MS,
): () => Promise<ComponentMap> {
  return async () => {
    const checks = Object.entries(probes).map(
      async ([name, probe]) => [name, await check(probe, limitMs)] as const,
    );
    return Object.fromEntries(await Promise.all(checks));
  };
}

async function check(probe: Probe, limitMs: number): Promise<Component> {
  const startedAt = performance.now();
  const result = await outcome(probe, limitMs);
  const latencyMs = Math.round((performance.now() - startedAt) * 10) / 10;
  return { ...result, latency_ms: latencyMs };
}

async function outcome(probe: Probe, limitMs: number): Promise<ProbeResult> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<ProbeResult>((resolve) => {
    timer = setTimeout(resolve, limitMs, { ok: false, detail: `no answer within ${limitMs} ms` });
  });
  try {
    return await Promise.race([probe(), late]);
  } catch {
    return { ok: false, detail: 'unavailable' };
  } finally {
    clearTimeout(timer);
  }
}
