import { ConfigError, loadConfig, type Environment } from '../../../config/index.ts';
import type { Need } from '../../../config/index.ts';

/** What is wrong with these settings, as a process that starts with them is told. */
export function problemsWith(env: Environment, ...needs: readonly Need[]): readonly string[] {
  try {
    loadConfig(env, { dotenvPath: false, needs });
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}
