import type { Call, History } from '../history/read.ts';
import type { Finding } from './check.ts';

/** Events after the violation say nothing about it, but for what was under way. */
const AFTER_MS = 50;
/** Before that, only what concerns the very ids is told. */
const MOST_LINES = 60;

interface Line {
  readonly at: number;
  readonly text: string;
}

function short(id: string | null): string {
  return id === null ? '-' : id.length > 20 ? `${id.slice(0, 16)}…` : id;
}

function callLines(call: Call): Line[] {
  const { answer, verb, id, client, fence } = call;
  const asked = [
    ...(fence === null ? [] : [`lease ${short(fence)}`]),
    ...(call.store === undefined ? [] : [short(call.store)]),
    ...(call.force === true ? ['force'] : []),
    ...(call.protect === true ? ['protected'] : []),
    ...(call.files ?? []).map((file) => short(file)),
  ].join(' ');
  const told = [
    answer.status ?? answer.error ?? 'no answer',
    ...(answer.code === null ? [] : [answer.code]),
    ...(answer.leaseId === null ? [] : [`lease ${short(answer.leaseId)}`]),
    ...(typeof answer.body['vector_store_id'] === 'string'
      ? [short(answer.body['vector_store_id']), answer.body['reused'] === true ? 'reused' : 'new']
      : []),
    ...(answer.leaseSeconds === null ? [] : [`${answer.leaseSeconds} s`]),
  ].join(' ');
  return [
    { at: call.begin, text: `client ${client} → #${id} ${verb} ${asked}`.trimEnd() },
    ...(call.end === Infinity ? [] : [{ at: call.end, text: `client ${client} ← #${id} ${verb}: ${told}` }]),
  ];
}

function idsOf(history: History, finding: Finding): ReadonlySet<string> {
  const leases = history.leases.filter(
    ({ session, leaseId }) =>
      finding.about.includes(leaseId) || (finding.about.length === 0 && session === finding.session),
  );
  return new Set([
    ...finding.about,
    ...leases.flatMap(({ leaseId, stores, files }) => [leaseId, ...stores, ...files]),
  ]);
}

function providerLines(history: History, ids: ReadonlySet<string>): Line[] {
  return history.provider
    .filter(({ target, lease }) => ids.has(target ?? '') || ids.has(lease ?? ''))
    .map(({ at, operation, target, effect, status, fault }) => ({
      at,
      text: `provider: ${operation} ${short(target)} → ${status}, ${effect}${fault === null ? '' : ` (fault: ${fault})`}`,
    }));
}

/** The events of the session concerned, and what went wrong meanwhile, up to the violation. */
export function story(history: History, finding: Finding): string {
  const ids = idsOf(history, finding);
  const calls = history.calls.filter(
    ({ session, store, files }) =>
      session === finding.session ||
      ids.has(store ?? '') ||
      (files ?? []).some((file) => finding.about.includes(file)),
  );
  const ends = history.leases
    .filter(({ leaseId }) => ids.has(leaseId))
    .flatMap(({ leaseId, endedAt, closedAt, endReason }) => [
      ...(endedAt === null
        ? []
        : [{ at: endedAt, text: `ledger: lease ${short(leaseId)} ended, ${endReason ?? ''}` }]),
      ...(closedAt === null ? [] : [{ at: closedAt, text: `ledger: lease ${short(leaseId)} closed` }]),
    ]);
  const troubles = history.troubles.map(({ at, phase, detail }) => ({
    at,
    text: `trouble ${phase}: ${detail}`,
  }));
  const lines = [...calls.flatMap(callLines), ...providerLines(history, ids), ...ends, ...troubles]
    .filter(({ at }) => at <= finding.at + AFTER_MS)
    .toSorted((a, b) => a.at - b.at)
    .slice(-MOST_LINES);
  const start = history.run.at;
  return [
    `${finding.invariant}: ${finding.what} (session ${finding.session ?? '-'})`,
    ...lines.map(({ at, text }) => `  ${String(Math.round(at - start)).padStart(7)} ms  ${text}`),
    `  ${String(Math.round(finding.at - start)).padStart(7)} ms  *** ${finding.invariant}`,
  ].join('\n');
}
