/** `npm run simulator`: the HTTP double of the provider as a process of its own. */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startSimulator } from './server.ts';

const DEFAULT_PORT = '9880';
const USAGE = `npm run simulator -- [--port ${DEFAULT_PORT}] [--host 127.0.0.1] [--data-dir ./data | --in-memory]
  [--store-limit 0] [--latency-ms 0] [--share-accounts]`;

function readFlags() {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: DEFAULT_PORT },
      host: { type: 'string', default: '127.0.0.1' },
      'data-dir': { type: 'string', default: './data' },
      'in-memory': { type: 'boolean', default: false },
      'store-limit': { type: 'string', default: '0' },
      'latency-ms': { type: 'string', default: '0' },
      'share-accounts': { type: 'boolean', default: false },
    },
  });
  return values;
}

function whole(name: string, text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new Error(`--${name} must be a whole number, not ${text}.`);
  return Number(text);
}

async function main(): Promise<void> {
  const flags = readFlags();
  const simulator = await startSimulator({
    port: whole('port', flags.port),
    host: flags.host,
    stateFile: flags['in-memory'] ? undefined : join(flags['data-dir'], 'simulator.jsonl'),
    storeLimit: whole('store-limit', flags['store-limit']),
    latencyMs: whole('latency-ms', flags['latency-ms']),
    shareAccounts: flags['share-accounts'],
  });
  let stopping = false;
  const stop = () => {
    if (stopping) return;
    stopping = true;
    void simulator.close().then(() => process.exit(0));
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  process.stdout.write(`Simulator ready: ${simulator.baseUrl} (control: ${simulator.url}/_control/state)\n`);
}

main().catch((error: unknown) => {
  const reason = error instanceof Error ? error.message : String(error);
  process.stderr.write(`Simulator: ${reason}\n\n${USAGE}\n`);
  process.exit(2);
});
