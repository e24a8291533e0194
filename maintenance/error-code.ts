/** The system's word for what went wrong, such as `EACCES`. What is no error of the system is thrown on. */
export function errorCode(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  throw error;
}
