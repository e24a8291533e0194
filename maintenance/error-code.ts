/** Node's own codes, such as `ERR_INVALID_ARG_TYPE`, have an underscore; those of systems have not. */
const OF_THE_SYSTEM = /^E[A-Z0-9]+$/;

/** The system's word for what went wrong, such as `EACCES`. Anything else is a fault of ours, and thrown on. */
export function errorCode(error: unknown): string {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  if (typeof code === 'string' && OF_THE_SYSTEM.test(code)) return code;
  throw error;
}
