/**
 * `npm run demo`: everything on this machine with the simulator as provider, and the life of a few leases told as
 * it happens. Stays up until Ctrl-C; with `--once` it ends after the story.
 */
import { exitOnConfigError, loadConfig } from '../config/index.ts';
import { scrubbedEnvironment } from './child-environment.ts';
import { noProxyWithLoopback } from './direct-loopback.ts';
import { tellStory } from './demo/story.ts';
import { runStack } from './stack/run.ts';

/** Long enough to read along, short enough to watch it end. */
const DEMO_LEASE_SECONDS = '10';
/** What a visitor may choose; all else of the environment, keys above all, stays outside. */
const CHOICES = ['PORT', 'DATA_DIR', 'LEASE_SECONDS', 'LOG_LEVEL', 'TEMPORAL_CLI'];

process.env['no_proxy'] = noProxyWithLoopback(process.env);

const say = (line: string) => console.log(line === '' ? '' : `· ${line}`);

const environment = {
  ...scrubbedEnvironment(process.env),
  DATA_DIR: './data-demo',
  LEASE_SECONDS: DEMO_LEASE_SECONDS,
  LOG_LEVEL: 'info',
  ...chosen(),
  TEST_MODE: 'true',
};
const config = exitOnConfigError(() => loadConfig(environment, { dotenvPath: false }));
const once = process.argv.includes('--once');

const exitCode = await runStack({
  config,
  environment,
  say,
  programOutput: 'files',
  whenReady: async (stack) => {
    await tellStory(stack, say);
    if (once) return 'stop';
    say(`try it yourself: ${stack.apiUrl}/docs   Ctrl-C ends the demo`);
    return new Promise(() => undefined);
  },
});
process.exit(exitCode);

function chosen(): Record<string, string> {
  return Object.fromEntries(
    CHOICES.flatMap((name) => {
      const value = process.env[name];
      return value === undefined || value === '' ? [] : [[name, value]];
    }),
  );
}
