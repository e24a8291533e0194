import { safeErrorText } from '../domain/redact.ts';

/** Deep enough for our error around the SDK's around the socket's. */
const MAX_CAUSES = 3;
const MAX_FRAMES = 12;

export interface LoggedError {
  readonly type: string;
  readonly message: string;
  readonly code?: string;
  readonly stack?: string;
  readonly cause?: LoggedError;
}

/**
 * What a log line tells of an error. Only named fields: provider errors carry whole requests and answers as
 * own properties, and their messages quote keys.
 */
export function serializeError(error: unknown, depth = 0): LoggedError {
  if (!(error instanceof Error)) return { type: typeof error, message: safeErrorText(String(error)) };
  const code: unknown = 'code' in error ? error.code : undefined;
  return {
    type: error.name,
    message: safeErrorText(error.message),
    ...(typeof code === 'string' ? { code } : {}),
    ...(error.stack === undefined ? {} : { stack: frames(error.stack) }),
    ...(error.cause !== undefined && depth < MAX_CAUSES
      ? { cause: serializeError(error.cause, depth + 1) }
      : {}),
  };
}

/** The frames alone: the first lines of a stack repeat the message. */
function frames(stack: string): string {
  const lines = stack.split('\n').filter((line) => /^\s+at /.test(line));
  return lines.slice(0, MAX_FRAMES).join('\n');
}
