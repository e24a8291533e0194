import { scrubbedEnvironment } from '../../dev/child-environment.ts';

/** Names that vitest and its workers need besides what every child keeps. */
const RUNNER =
  /^(VITEST|TEST|NODE_ENV|DEV|PROD|MODE|SSR|BASE_URL|FORCE_COLOR|NO_COLOR|COLORTERM|npm_|INIT_CWD|GO|PROMTOOL$)/;

/** What a child of a test inherits: no key, no address of a server, no proxy, no `.env`. */
export function scrubbedEnv(): Record<string, string> {
  return scrubbedEnvironment(process.env);
}

/** The same for this very process: whatever is exported on the machine, no test can reach it. */
export function scrubProcessEnvironment(): void {
  const kept = scrubbedEnv();
  for (const name of Object.keys(process.env)) {
    if (name in kept || RUNNER.test(name)) continue;
    delete process.env[name];
  }
  Object.assign(process.env, kept);
}
