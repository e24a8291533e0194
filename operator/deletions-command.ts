/**
 * `npm run deletions -- pause|resume|status`: the emergency stop. Exit codes: 0 done, 1 failed, 2 called wrongly.
 */
import { userInfo } from 'node:os';
import { safeErrorText } from '../domain/redact.ts';
import { deletionsStatus, pauseDeletions, resumeDeletions } from '../leases/index.ts';
import { readArguments } from './arguments.ts';
import { runCommand, UsageError, type CommandContext } from './run-command.ts';

const USAGE = `usage: npm run deletions -- status [--json]
       npm run deletions -- pause --reason "why" [--by name]
       npm run deletions -- resume`;

const OPTIONS = { reason: { type: 'string' }, by: { type: 'string' }, json: { type: 'boolean' } } as const;

const CLUSTER = {
  same: 'the ledger is on the PostgreSQL cluster it was begun on',
  other: 'the ledger is on another PostgreSQL cluster than the one it was begun on',
  unknown: 'PostgreSQL does not tell whether this is the cluster that the ledger was begun on',
};

async function status({ ledger, say }: CommandContext, json: boolean): Promise<void> {
  const { pause, sameCluster } = await deletionsStatus(ledger);
  if (json) {
    say(JSON.stringify({ paused: pause !== undefined, ...pause, same_cluster: sameCluster ?? null }));
    return;
  }
  say(
    pause === undefined
      ? 'deletions go on'
      : `deletions are paused since ${pause.since} by ${pause.by}: ${pause.reason}`,
  );
  say(CLUSTER[sameCluster === undefined ? 'unknown' : sameCluster ? 'same' : 'other']);
}

async function run(context: CommandContext): Promise<number> {
  const { values, positionals } = readArguments(USAGE, OPTIONS);
  const [verb, ...rest] = positionals;
  if (rest.length > 0) throw new UsageError(USAGE);
  switch (verb) {
    case 'pause': {
      if (values.reason === undefined) throw new UsageError(`pause needs --reason\n${USAGE}`);
      const by = values.by ?? userInfo().username;
      await pauseDeletions(context.ledger, { by: safeErrorText(by), reason: safeErrorText(values.reason) });
      break;
    }
    case 'resume':
      context.say(`leases woken: ${await resumeDeletions(context.ledger)}`);
      break;
    case 'status':
      break;
    default:
      throw new UsageError(USAGE);
  }
  await status(context, values.json ?? false);
  return 0;
}

await runCommand('deletions', run);
