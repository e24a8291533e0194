/**
 * `npm run drain`: empties the installation before it is taken down, while its workers run. Exit codes: 0 all gone,
 * 1 something is left (it is listed) or it failed, 2 called wrongly, 3 refused because deletions are paused.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Lease } from '../domain/lease.ts';
import { isServiceError } from '../domain/errors.ts';
import { heartbeatAgeMs } from '../ledger/index.ts';
import { howFar, releaseAll, theRest, type LeasesLeft } from '../leases/index.ts';
import { readArguments } from './arguments.ts';
import { runCommand, UsageError, type CommandContext } from './run-command.ts';

const USAGE = `usage: npm run drain -- [--protected] [--registered] [--wait-seconds N]
  --protected     end protected leases too
  --registered    delete registered stores, instead of only letting them go
  --wait-seconds  give up waiting after N seconds (default 3600)`;

const OPTIONS = {
  protected: { type: 'boolean' },
  registered: { type: 'boolean' },
  'wait-seconds': { type: 'string' },
} as const;

const EXIT_PAUSED = 3;
const DEFAULT_WAIT_SECONDS = 3_600;
const LOOK_EVERY_MS = 1_000;
/** As readiness has it. */
const WORKER_SILENT_MS = 30_000;

function waitMs(value: string | undefined): number {
  const seconds = value === undefined ? DEFAULT_WAIT_SECONDS : Number(value);
  if (!Number.isInteger(seconds) || seconds < 0)
    throw new UsageError(`--wait-seconds ${value ?? ''}?\n${USAGE}`);
  return seconds * 1_000;
}

async function warnWithoutWorker({ ledger, say }: CommandContext): Promise<void> {
  const ageMs = await heartbeatAgeMs(ledger);
  if (ageMs === null || ageMs > WORKER_SILENT_MS)
    say('no worker was heard from: nothing is deleted until one runs');
}

/** Prints each change until everything is gone or stuck, or the time is up. */
async function wait({ ledger, say }: CommandContext, limitMs: number): Promise<LeasesLeft> {
  const giveUpAt = performance.now() + limitMs;
  let said = '';
  for (;;) {
    const left = await howFar(ledger);
    const line = `${left.draining} being deleted, ${left.stuck} stuck`;
    if (line !== said) say(line);
    said = line;
    if (left.draining === 0 || performance.now() > giveUpAt) return left;
    await sleep(LOOK_EVERY_MS);
  }
}

function describe(lease: Lease): string {
  const { stuck } = lease;
  const parts = [
    lease.state,
    `session ${lease.sessionId}`,
    `lease ${lease.leaseId}`,
    lease.vectorStoreId ?? 'no store',
  ];
  if (stuck === null) return parts.join('  ');
  const { since, attempts, lastError, nextTryAt } = stuck;
  return [
    ...parts,
    `stuck since ${since}, ${attempts} attempts, next ${nextTryAt ?? 'soon'}: ${lastError}`,
  ].join('  ');
}

async function listRest({ ledger, say }: CommandContext): Promise<void> {
  for (const lease of await theRest(ledger)) say(describe(lease));
}

async function drain(context: CommandContext): Promise<number> {
  const { values, positionals } = readArguments(USAGE, OPTIONS);
  if (positionals.length > 0) throw new UsageError(USAGE);
  const limitMs = waitMs(values['wait-seconds']);
  const wish = { protectedToo: values.protected ?? false, registered: values.registered ?? false };
  context.say(`released: ${await releaseAll(context.ledger, wish)}`);
  await warnWithoutWorker(context);
  const left = await wait(context, limitMs);
  if (left.protected > 0)
    context.say(`protected leases that stay: ${left.protected} (--protected ends them too)`);
  if (left.live + left.draining + left.stuck === 0) {
    context.say('all gone');
    return 0;
  }
  if (left.live > 0) context.say('leases were made meanwhile: stop who makes them, and drain again');
  await listRest(context);
  return 1;
}

await runCommand('drain', async (context) => {
  try {
    return await drain(context);
  } catch (error) {
    if (!isServiceError(error, 'DELETIONS_PAUSED')) throw error;
    process.stderr.write(`drain: ${error.message}; \`npm run deletions -- resume\` lets them go on\n`);
    return EXIT_PAUSED;
  }
});
