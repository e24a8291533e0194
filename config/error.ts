/** Something in the configuration is wrong; the message lists every problem, one a line, and no secret. */
export class ConfigError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`The configuration does not work:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

/** Exit code of a process that was told to do something impossible, as against 1 for a crash. */
export const EXIT_BAD_CONFIG = 2;

/**
 * Runs a loader; a {@link ConfigError} is printed on standard error and ends the process with exit code 2.
 * Other errors are thrown on.
 */
export function exitOnConfigError<T>(load: () => T): T {
  try {
    return load();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(EXIT_BAD_CONFIG);
  }
}
