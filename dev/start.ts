/** `npm start`: everything on one machine. */
import { exitOnConfigError, loadConfig, configWarnings } from '../config/index.ts';
import { readEnvironment } from '../config/environment.ts';
import { noProxyWithLoopback } from './direct-loopback.ts';
import { runStack, type RunningStack } from './stack/run.ts';

process.env['no_proxy'] = noProxyWithLoopback(process.env);

const say = (line: string) => console.log(`· ${line}`);

const environment = exitOnConfigError(() => readEnvironment(process.env));
const config = exitOnConfigError(() => loadConfig(process.env, { needs: ['provider'] }));
for (const warning of configWarnings(config)) say(`warning: ${warning}`);

// Not only the exit code: a step of a start that was given up may still be under way.
const exitCode = await runStack({
  config,
  environment,
  say,
  programOutput: 'terminal',
  whenReady: (stack) => {
    for (const line of addresses(stack)) say(line);
    return new Promise(() => undefined);
  },
});
process.exit(exitCode);

function addresses({ config: effective, apiUrl }: RunningStack): string[] {
  return [
    `ready: ${apiUrl} (try it: ${apiUrl}/docs)`,
    ...(effective.TEMPORAL_UI_URL === undefined ? [] : [`workflows: ${effective.TEMPORAL_UI_URL}`]),
    'Ctrl-C stops everything; leases live on in the ledger',
  ];
}
