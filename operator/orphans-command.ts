/**
 * `npm run orphans`: what the last sweep found that no lease looks after, and an operator's ways with it. Exit codes:
 * 0 done, 1 failed, not confirmed, or something is left (the report lists it), 2 called wrongly.
 */
import { lastListing, type Choice, type NewestListing } from '../leases/index.ts';
import { readArguments } from './arguments.ts';
import { adoptAll, deleteAll, showCounts, type Chosen } from './orphans.ts';
import { runCommand, UsageError, type CommandContext } from './run-command.ts';

const USAGE = `usage: npm run orphans
       npm run orphans -- --adopt [--instance ID]
       npm run orphans -- --name-prefix TEXT --older-than 7d [--delete] [--wait-seconds N]
  --adopt         give each store that this ledger has lost a lease of one length
  --instance      of the stores that a lost installation tagged, by its id
  --name-prefix   of stores without a tag: those whose name begins so
  --older-than    and that are older than so many s, m, h or d
  --delete        delete them; without it they are only listed
  --wait-seconds  how long to wait for the deletions (default 3600)`;

const OPTIONS = {
  adopt: { type: 'boolean' },
  instance: { type: 'string' },
  'name-prefix': { type: 'string' },
  'older-than': { type: 'string' },
  delete: { type: 'boolean' },
  'wait-seconds': { type: 'string' },
} as const;

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const DEFAULT_WAIT_SECONDS = 3_600;
/** What was listed longer ago may be in use, or gone, by now. */
const MIN_FRESH_SECONDS = 900;
const FRESH_RUNS = 3;

type Values = ReturnType<typeof readArguments<typeof OPTIONS>>['values'];

function durationMs(text: string): number {
  const [, amount, unit] = /^(\d{1,9})([smhd])$/.exec(text) ?? [];
  const scale = UNITS[unit ?? ''];
  if (amount === undefined || scale === undefined) throw new UsageError(`--older-than ${text}?\n${USAGE}`);
  return Number(amount) * scale;
}

function waitMs(text: string | undefined): number {
  const seconds = text === undefined ? DEFAULT_WAIT_SECONDS : Number(text);
  if (!Number.isInteger(seconds) || seconds < 0)
    throw new UsageError(`--wait-seconds ${text ?? ''}?\n${USAGE}`);
  return seconds * 1_000;
}

/** What the arguments choose; `undefined` = nothing, only the counts are asked for. */
function choiceOf(values: Values): Choice | undefined {
  const { adopt, instance, 'name-prefix': namePrefix, 'older-than': olderThan } = values;
  const named = namePrefix !== undefined || olderThan !== undefined || values.delete === true;
  if (adopt === true) {
    if (named) throw new UsageError(USAGE);
    return instance === undefined ? { kind: 'ledger_lost' } : { kind: 'instance', instanceId: instance };
  }
  if (!named && instance === undefined) return undefined;
  if (namePrefix === undefined || namePrefix === '' || olderThan === undefined || instance !== undefined)
    throw new UsageError(USAGE);
  return { kind: 'untagged', namePrefix, olderThanMs: durationMs(olderThan) };
}

function requireFresh(listing: NewestListing, intervalSeconds: number): void {
  const limitSeconds = Math.max(MIN_FRESH_SECONDS, FRESH_RUNS * intervalSeconds);
  if (listing.ageMs <= limitSeconds * 1_000) return;
  const minutes = Math.round(listing.ageMs / 60_000);
  throw new Error(`the last valid sweep was ${minutes} minutes ago: start one (POST /sweep), then try again`);
}

async function orphans(context: CommandContext): Promise<number> {
  const { values, positionals } = readArguments(USAGE, OPTIONS);
  if (positionals.length > 0) throw new UsageError(USAGE);
  const choice = choiceOf(values);
  const limitMs = waitMs(values['wait-seconds']);
  const last = await lastListing(context.ledger);
  if (last === undefined)
    throw new Error('there was no valid sweep yet: start one (POST /sweep), then try again');
  if (choice === undefined) {
    showCounts(context, last);
    return 0;
  }
  requireFresh(last.listing, context.config.SWEEP_INTERVAL_SECONDS);
  if (choice.kind === 'instance' && choice.instanceId === last.listing.instanceId)
    throw new UsageError('--instance names this very installation; --adopt alone takes what it has lost');
  const chosen: Chosen = { ...context, listing: last.listing, choice };
  if (choice.kind !== 'untagged') return adoptAll(chosen);
  return deleteAll(chosen, { really: values.delete === true, limitMs });
}

await runCommand('orphans', orphans);
