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

function uploadAsked({ upload, drop }: Call): string[] {
  if (drop !== undefined) return [drop.file, drop.user];
  if (upload === undefined) return [];
  const { filename, provider, user, inSession } = upload;
  return [filename, provider ?? 'anywhere', user, ...(inSession ? ['for the session'] : [])];
}

function callLines(call: Call): Line[] {
  const { answer, verb, id, client, fence } = call;
  const asked = [
    ...(fence === null ? [] : [`lease ${short(fence)}`]),
    ...(call.store === undefined ? [] : [short(call.store)]),
    ...(call.force === true ? ['force'] : []),
    ...(call.protect === true ? ['protected'] : []),
    ...(call.files ?? []).map((file) => short(file)),
    ...uploadAsked(call),
  ].join(' ');
  const told = [
    answer.status ?? answer.error ?? 'no answer',
    ...(answer.code === null ? [] : [answer.code]),
    ...(answer.leaseId === null ? [] : [`lease ${short(answer.leaseId)}`]),
    ...(typeof answer.body['vector_store_id'] === 'string'
      ? [short(answer.body['vector_store_id']), answer.body['reused'] === true ? 'reused' : 'new']
      : []),
    ...(typeof answer.body['file_id'] === 'string'
      ? [short(answer.body['file_id']), answer.body['deduplicated'] === true ? 'deduplicated' : 'sent']
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
    .filter(
      ({ target, lease, sha256 }) =>
        ids.has(target ?? '') || ids.has(lease ?? '') || (sha256 !== null && ids.has(sha256)),
    )
    .map(({ at, operation, target, effect, status, fault }) => ({
      at,
      text: `provider: ${operation} ${short(target)} → ${status}, ${effect}${fault === null ? '' : ` (fault: ${fault})`}`,
    }));
}

function concerns(call: Call, finding: Finding, ids: ReadonlySet<string>): boolean {
  const { session, store, files = [], upload, drop } = call;
  const about = [...files, upload?.sha256, drop?.file];
  return (
    session === finding.session ||
    ids.has(store ?? '') ||
    about.some((id) => id !== undefined && finding.about.includes(id))
  );
}

/** What became of the uploads of the content or the file, as far as the ledger knows times of it. */
function uploadLines({ uploads }: History, finding: Finding): Line[] {
  return uploads
    .filter(({ sha256, file }) => finding.about.includes(sha256) || finding.about.includes(file ?? ''))
    .flatMap(({ uploadId, file, user, deletedAt, provenAt, endReason }) => {
      const which = `ledger: upload ${short(uploadId)} of ${user}, file ${short(file)},`;
      return [
        ...(deletedAt === null ? [] : [{ at: deletedAt, text: `${which} let go, ${endReason ?? ''}` }]),
        ...(provenAt === null ? [] : [{ at: provenAt, text: `${which} proven gone` }]),
      ];
    });
}

/** The events of the session concerned, and what went wrong meanwhile, up to the violation. */
export function story(history: History, finding: Finding): string {
  const ids = idsOf(history, finding);
  const calls = history.calls.filter((call) => concerns(call, finding, ids));
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
  const lines = [
    ...calls.flatMap(callLines),
    ...providerLines(history, ids),
    ...uploadLines(history, finding),
    ...ends,
    ...troubles,
  ]
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
