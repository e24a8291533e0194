import { pino } from 'pino';
import { cleanUpConversations } from '../../../maintenance/conversations/clean-up.ts';
import type { ConversationSettings } from '../../../maintenance/conversations/contract.ts';

const [, , settings = '', nowMs = ''] = process.argv;
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
    heartbeat: () => {
      beats += 1;
    },
  },
);
process.stdout.write(JSON.stringify({ result, beats }));
