/** Whether an error is one of Node's with such a code, `ENOENT` for one. */
export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}
