/** A run of the job in a process of its own; a `killed` one dies as soon as it has been told that something is gone. */
import { pino } from 'pino';
import { cleanUpConversations } from '../../../maintenance/conversations/clean-up.ts';
import type { ConversationSettings } from '../../../maintenance/conversations/contract.ts';

const [, , settings = '', nowMs = '', how] = process.argv;
let beats = 0;
const result = await cleanUpConversations(
  {
    settings: JSON.parse(settings) as ConversationSettings,
    log: pino({ level: 'silent' }),
    now: () => Number(nowMs),
  },
  { dryRun: false },
  {
    signal: new AbortController().signal,
    heartbeat: ({ sessions_deleted }) => {
      beats += 1;
      if (how === 'killed' && sessions_deleted > 0) process.kill(process.pid, 'SIGKILL');
    },
  },
);
process.stdout.write(JSON.stringify({ result, beats }));
