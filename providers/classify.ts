import { APIError, OpenAIError } from 'openai';
import { safeErrorText } from '../domain/redact.ts';
import { saysFileLimit, saysStoreFull, saysStoreLimit, type Refusal } from './account-limit.ts';
import { attachReason, type AttachedPair } from './attach-failure.ts';
import { CallEnded } from './call-deadline.ts';
import { connectionCode, neverConnected } from './connection-error.ts';
import { ProviderFailure, type FailureKind } from './failure.ts';
import { retryAfterMs } from './retry-after.ts';

/** What a call does, as far as its failure is concerned. */
export type CallClass = 'create' | 'upload' | 'attach' | 'update' | 'delete' | 'retrieve' | 'list';

export interface FailedCall {
  readonly operation: string;
  readonly callClass: CallClass;
  /** Blanked wherever it turns up: a provider may quote it back. */
  readonly apiKey: string;
  /** Of an attach. */
  readonly pair?: AttachedPair | undefined;
}

/** An answer with a good status that does not say what it must. */
export class BadAnswer extends Error {}

/** A 200 that does not say "deleted": some compatible servers answer so for what does not exist. */
export class UnconfirmedDeletion extends BadAnswer {}

/** Longest provider text looked at: an HTML page of a proxy can be long, and only 240 characters are kept. */
const MAX_TEXT_CHARACTERS = 4_000;

/** Locked or too early: turned down for the moment, nothing happened. */
const NOT_NOW: ReadonlySet<number> = new Set([409, 423, 425]);

/** Nobody can tell what became of the request; a failed read at least changed nothing. */
function unsettled(callClass: CallClass): FailureKind {
  return callClass === 'retrieve' || callClass === 'list' ? 'unavailable' : 'ambiguous';
}

/**
 * Whether a 404 speaks of the object. A wrong base URL or a proxy answers 404 to everything; to take that for
 * "deleted" would lose stores, so only the provider's own error shape counts, and not its "Invalid URL".
 */
function saysMissing(error: unknown): boolean {
  if (typeof error === 'string') return error !== '';
  const message =
    typeof error === 'object' && error !== null ? (error as { message?: unknown }).message : undefined;
  return typeof message === 'string' && !/^Invalid URL/i.test(message);
}

/** OpenAI's name, Kimi's (platform.kimi.ai/docs/api/errors) and GLM's code for an account in arrears (docs.z.ai). */
const NO_CREDIT: ReadonlySet<unknown> = new Set([
  'insufficient_quota',
  'exceeded_current_quota_error',
  '1113',
]);

/** A 429 that no waiting cures: the account has no credit. Nothing happened, and only its owner can help. */
function outOfQuota(error: APIError): boolean {
  return NO_CREDIT.has(error.code) || NO_CREDIT.has(error.type);
}

const FULL: Partial<Record<CallClass, (refusal: Refusal) => boolean>> = {
  create: saysStoreLimit,
  upload: saysFileLimit,
  attach: saysStoreFull,
};
/** Calls that speak of no object that exists already. */
const OF_NO_OBJECT: ReadonlySet<CallClass> = new Set<CallClass>(['create', 'upload', 'list']);

function kindOfStatus(status: number, callClass: CallClass, error: APIError): FailureKind {
  if (FULL[callClass]?.({ status, code: error.code, message: error.message }) === true) return 'full';
  if (status === 401 || status === 403) return 'unauthorized';
  if (status === 404) {
    return !OF_NO_OBJECT.has(callClass) && saysMissing(error.error) ? 'gone' : 'refused';
  }
  if (status === 429) return outOfQuota(error) ? 'refused' : 'throttled';
  if (NOT_NOW.has(status)) return 'unavailable';
  // 408 comes from proxies as well, after the request went through.
  if (status === 408 || status >= 500) return unsettled(callClass);
  return 'refused';
}

/** `instanceof` alone leaves the SDK's generic fields as `any`. */
function isApiError(
  error: unknown,
): error is APIError<number | undefined, Headers | undefined, object | undefined> {
  return error instanceof APIError;
}

function kindOf(error: unknown, callClass: CallClass): FailureKind {
  if (error instanceof CallEnded) return error.sent ? unsettled(callClass) : 'unavailable';
  if (isApiError(error)) {
    if (error.status !== undefined) return kindOfStatus(error.status, callClass, error);
    return neverConnected(error) ? 'unavailable' : unsettled(callClass);
  }
  // The SDK's plain errors are about arguments it would not send, such as an id of `..`.
  if (error instanceof OpenAIError) return 'refused';
  return unsettled(callClass);
}

/** Statuses other than 404 with which compatible servers were built to say that an object does not exist. */
const DENYING: ReadonlySet<number> = new Set([400, 410, 422]);
const SAYS_NOT_THERE = /not found|no such|not exist|cannot find|couldn't find|could not find/i;

/**
 * Whether the answer claims, in another way than by a 404, that the one object asked for does not exist. It is a
 * hint to look at complete listings, never a proof: a 400 may be about anything.
 */
function denies(error: unknown, callClass: CallClass): boolean {
  if (callClass !== 'delete' && callClass !== 'retrieve') return false;
  if (error instanceof UnconfirmedDeletion) return true;
  if (!isApiError(error) || error.status === undefined) return false;
  return DENYING.has(error.status) && SAYS_NOT_THERE.test(error.message);
}

function textOf(error: unknown, call: FailedCall): string {
  const message = error instanceof Error ? error.message : String(error);
  const code = isApiError(error) && error.status === undefined ? connectionCode(error) : undefined;
  const text = `${call.operation}: ${message}${code === undefined ? '' : ` (${code})`}`;
  return safeErrorText(text.replaceAll(call.apiKey, '[hidden]').slice(0, MAX_TEXT_CHARACTERS));
}

/**
 * Any failure of a provider call as a {@link ProviderFailure}. The original error is not kept as its cause: it
 * holds headers and provider text that must not reach a log.
 */
export function classify(error: unknown, call: FailedCall): ProviderFailure {
  if (error instanceof ProviderFailure) return error;
  const answered = isApiError(error) && error.status !== undefined ? error : undefined;
  const kind = kindOf(error, call.callClass);
  return new ProviderFailure(textOf(error, call), {
    kind,
    status: answered?.status,
    retryAfterMs: retryAfterMs(answered?.headers, Date.now()),
    deniesObject: denies(error, call.callClass),
    reason: call.pair && answered && attachReason(kind, answered.message, call.pair),
  });
}
