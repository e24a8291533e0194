/** The settings of the jobs that keep directories and databases of others clean, and of backups. */
import { Type } from 'typebox';
import { CONVERSATION_STRATEGIES } from '../domain/conversations.ts';
import { MAX_RETENTION_DAYS } from '../domain/retention-days.ts';
import { decimal, optionalPath, optionalText, providerKey, secret, text, whole } from './kinds.ts';

/** A year, the longest time between two runs. */
const YEAR_HOURS = 8_760;
/** Some four seconds; Temporal takes no interval below one. */
const SHORTEST_INTERVAL_HOURS = 0.001;

export const MAINTENANCE_PROPERTIES = {
  RESULTS_DIR: optionalText('Directory of cached result files. Unset: they are not cleaned up.'),
  RESULTS_CLEANUP_INTERVAL_HOURS: decimal(
    'Hours between two cleanups of cached results; fractions are allowed.',
    6,
    SHORTEST_INTERVAL_HOURS,
    YEAR_HOURS,
  ),
  RESULTS_LEFTOVER_HOURS: decimal(
    'Age in hours from which halves of results and temporary files are deleted; 0 = they are kept.',
    0,
    0,
    10 * YEAR_HOURS,
  ),
  METRICS_URL: optionalText(
    'Base URL of a service that is told of each cleanup of results, at /track/cleanup. Unset: none.',
  ),
  METRICS_TOKEN: providerKey('Bearer token that service wants. Unset: none is sent.'),

  CHECKPOINT_DATABASE: secret(
    "LangGraph's checkpoints: sqlite:/path/memory.db or postgres://… Unset: conversations are left alone.",
  ),
  CONVERSATION_CLEANUP_CRON: text(
    'When conversations are cleaned up, in TZ; off = never. SESSION_CLEANUP_CRON is another name of it.',
    '0 3 * * *',
  ),
  CONVERSATION_RETENTION_DAYS: whole(
    'Days after its last checkpoint that a conversation goes; SESSION_RETENTION_DAYS is another name of it.',
    7,
    1,
    MAX_RETENTION_DAYS,
  ),
  CONVERSATION_STRATEGY: Type.Enum([...CONVERSATION_STRATEGIES], {
    default: 'delete',
    description: 'What becomes of it: delete = it goes whole, keep_latest = its latest checkpoints stay.',
  }),
  CONVERSATION_KEEP: Type.Array(Type.String(), {
    default: [],
    description: 'Comma-separated ids of threads that are never touched.',
  }),

  DATABASE_BACKUP_CRON: text('When backups are made, in TZ; off = never.', '0 2 * * *'),
  BACKUP_DIR: optionalPath('Where backups are kept. Unset: backups in DATA_DIR.'),
  BACKUP_KEEP: whole(
    'How many nightly backups of each kind are kept, and as many that were asked for.',
    7,
    1,
    10_000,
  ),

  AGED_FILES_DIR: optionalText('Directory whose old files are deleted each hour. Unset: none are.'),
  AGED_FILES_GLOB: text('Pattern for the names of those files.', '*.mp3'),
  AGED_FILES_MAX_HOURS: decimal('They are deleted when older than this.', 24, 0, 10 * YEAR_HOURS),

  MAINTENANCE_TASK_QUEUE: optionalText(
    'Task queue of the jobs that touch a disk; only workers with that disk may have it. Unset: TASK_QUEUE-maintenance.',
  ),
  TZ: optionalText('Time zone of the times above and of results without one. Unset: that of the machine.'),
};
