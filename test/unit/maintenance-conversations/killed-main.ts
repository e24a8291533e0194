/** A run of the job whose process dies as soon as it has been told that something is gone. */
import { pino } from 'pino';
import { cleanUpConversations } from '../../../maintenance/conversations/clean-up.ts';
import type { ConversationSettings } from '../../../maintenance/conversations/contract.ts';

const [, , settings = '', nowMs = ''] = process.argv;
const deps = {
  settings: JSON.parse(settings) as ConversationSettings,
  log: pino({ level: 'silent' }),
  now: () => Number(nowMs),
};
await cleanUpConversations(
  deps,
  { dryRun: false },
  {
    signal: new AbortController().signal,
    heartbeat: ({ sessions_deleted }) => {
      if (sessions_deleted > 0) process.kill(process.pid, 'SIGKILL');
    },
  },
);
