/** What was uploaded is there for as long as somebody has it, and then goes. */
import type { ProviderRecord, UploadRecord } from '../history/contract.ts';
import type { Call } from '../history/read.ts';
import { TOLERANCE_MS, type Facts } from './facts.ts';
import { deletedAt } from './gone.ts';
import type { Invariant, Violation } from './invariant.ts';
import { uploadedFile } from './tracked.ts';

/** Files that the service's uploads made at the provider: no other content is anybody's. */
function made({ history }: Facts): readonly (ProviderRecord & { readonly target: string })[] {
  const contents = new Set(history.calls.flatMap(({ upload }) => upload?.sha256 ?? []));
  return history.provider.flatMap((entry) => {
    const { target, operation, effect, sha256 } = entry;
    if (operation !== 'upload_file' || effect !== 'created' || target === null) return [];
    return sha256 !== null && contents.has(sha256) ? [{ ...entry, target }] : [];
  });
}

/** A person reads of them: the deletion keeps failing, or they may be an upload that nobody ended. */
function listed({ history }: Facts): ReadonlySet<string> {
  return new Set(
    history.uploads.flatMap(({ stuck, file, candidates }) => [
      ...candidates,
      ...(stuck && file !== null ? [file] : []),
    ]),
  );
}

/** Files that an upload has left at the provider and of which nobody is told. */
export function leftUploads(facts: Facts): Violation[] {
  const { at, files } = facts.history.left;
  const left = new Set(files);
  const known = listed(facts);
  return made(facts)
    .filter(({ target }) => left.has(target) && !known.has(target))
    .map(({ target, sha256 }) => ({
      what: `uploaded file ${target} was left at the provider`,
      at,
      session: null,
      about: [target, sha256 ?? ''],
    }));
}

function aboutCall(call: Call, file: string, told: { what: string; at: number }): Violation {
  return { ...told, session: call.session, about: [file, call.upload?.sha256 ?? ''] };
}

/** Deleted, or asked to be, while an upload held it. */
function deletedWhileHeld(facts: Facts): Violation[] {
  return facts.history.provider.flatMap(({ operation, target, at }) => {
    if (operation !== 'delete_file' || target === null) return [];
    const held = facts.upheldOf(target).find(({ until }) => at < until - TOLERANCE_MS);
    if (held === undefined) return [];
    const what = `${target} was deleted although upload #${held.call.id} of ${held.user} held it`;
    return [aboutCall(held.call, target, { what, at })];
  });
}

/** Whoever drops what an upload holds is told that he has no such file. */
function droppedInVain(facts: Facts): Violation[] {
  return facts.history.calls.flatMap((call) => {
    const { drop, answer, begin, end } = call;
    if (drop === undefined || answer.status !== 404) return [];
    const held = facts
      .upheldOf(drop.file)
      .find((one) => one.user === drop.user && one.call.end < begin && one.until > end);
    if (held === undefined) return [];
    const what = `drop #${call.id} was answered 404 although upload #${held.call.id} held ${drop.file}`;
    return [aboutCall(held.call, drop.file, { what, at: end })];
  });
}

/** Answered with a file that the provider never had, or that has another content. */
function wrongFile(facts: Facts): Violation[] {
  const contents = new Map(made(facts).map(({ target, sha256 }) => [target, sha256]));
  return facts.history.calls.flatMap((call) => {
    const file = uploadedFile(call);
    if (file === null || contents.get(file) === call.upload?.sha256) return [];
    const what = `upload #${call.id} was answered with ${file}, which does not have its content`;
    return [aboutCall(call, file, { what, at: call.end })];
  });
}

export const uploadKept: Invariant = {
  name: 'upload-kept',
  promise: 'The file that an upload is answered with has its content, and stays until its user drops it.',
  check: (facts) => [...wrongFile(facts), ...deletedWhileHeld(facts), ...droppedInVain(facts)],
};

/** Only what is sure: the first was held until after the second was answered. */
export const sentOnce: Invariant = {
  name: 'sent-once',
  promise: 'A content that the provider has, and somebody holds, is not sent to it again.',
  check: (facts) =>
    facts.history.calls.flatMap((call) => {
      const file = uploadedFile(call);
      const { body } = call.answer;
      if (file === null || body['deduplicated'] !== false) return [];
      const held = facts.upheld.find(
        (one) =>
          one.call.upload?.sha256 === call.upload?.sha256 &&
          one.call.answer.body['provider'] === body['provider'] &&
          one.call.end < call.begin &&
          one.until > call.end,
      );
      if (held === undefined) return [];
      const what = `upload #${call.id} made ${file} although upload #${held.call.id} held ${held.file}`;
      return [aboutCall(call, file, { what, at: call.end })];
    }),
};

function whyOpen(upload: UploadRecord): string | undefined {
  const { status, uncertain, candidates, provenAt, stuck } = upload;
  if (status === 'failed') return uncertain && candidates.length === 0 ? 'not settled' : undefined;
  if (status !== 'deleted') return status;
  return provenAt === null && !stuck ? 'deleted and not proven gone' : undefined;
}

export const uploadsEnd: Invariant = {
  name: 'uploads-end',
  promise:
    'When nothing is wrong any more, every upload is settled, and every file that nobody holds is gone.',
  check: ({ history }) =>
    history.uploads.flatMap((upload) => {
      const why = whyOpen(upload);
      if (why === undefined) return [];
      const { uploadId, file, sha256, lastError, session } = upload;
      const what = `upload ${uploadId} is still ${why}${lastError === null ? '' : ` (${lastError})`}`;
      return [{ what, at: history.left.at, session, about: [file ?? '', sha256] }];
    }),
};

export const provenMeansGone: Invariant = {
  name: 'proven-means-gone',
  promise: 'An uploaded file is told to be gone only when it is.',
  check: (facts) => {
    const there = new Set(made(facts).map(({ target }) => target));
    return facts.history.uploads.flatMap(({ uploadId, file, sha256, provenAt, session }) => {
      if (file === null || provenAt === null || !there.has(file)) return [];
      if (deletedAt(facts, file) <= provenAt + TOLERANCE_MS) return [];
      const what = `upload ${uploadId} was told to be gone while ${file} existed`;
      return [{ what, at: provenAt, session, about: [file, sha256] }];
    });
  },
};
