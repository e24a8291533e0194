import { Type, type Static } from 'typebox';
import { MAX_RETENTION_DAYS } from '../domain/retention-days.ts';
import { Flag, NullableText, NullableTime, STRICT } from './parts.ts';

export const JobQuery = Type.Object(
  {
    dry_run: Type.Optional(
      Flag('Delete nothing and report the same numbers. Without it the run is no dry one: it cleans up now.'),
    ),
  },
  STRICT,
);

export const ConversationsQuery = Type.Object(
  {
    ...JobQuery.properties,
    retention_days: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: MAX_RETENTION_DAYS,
        description: 'Instead of CONVERSATION_RETENTION_DAYS.',
      }),
    ),
  },
  STRICT,
);

export const RunStartedAnswer = Type.Object(
  {
    workflow_id: Type.String(),
    workflow_url: NullableText({ description: 'Its page in the Temporal Web UI, where one is configured.' }),
  },
  {
    description:
      'The run takes longer than this call waits; the workflow goes on, and `GET /jobs` has its result.',
    examples: [
      {
        workflow_id: 'results-cleanup-manual',
        workflow_url: 'http://127.0.0.1:8233/namespaces/default/workflows/results-cleanup-manual',
      },
    ],
  },
);

const bytes = Type.Integer({ description: 'Bytes.' });

export const ResultsAnswer = Type.Object(
  {
    deleted_count: Type.Integer({ description: 'Results deleted or, in a dry run, to be deleted.' }),
    freed_bytes: Type.Integer({ description: 'Of results and their metadata.' }),
    checked_count: Type.Integer({ description: 'Every path called *.result.json.lz4.' }),
    errors: Type.Integer(),
    duration_ms: Type.Number(),
    leftovers_deleted: Type.Integer(),
    dry_run: Type.Boolean(),
  },
  {
    description: 'The run has ended.',
    examples: [
      {
        ...{ deleted_count: 12, freed_bytes: 480_122, checked_count: 31, errors: 0, duration_ms: 8.4 },
        ...{ leftovers_deleted: 0, dry_run: false },
      },
    ],
  },
);

export const ResultsStatsAnswer = Type.Object(
  {
    running: Type.Boolean({ description: 'The schedule exists and is not paused.' }),
    check_interval_hours: Type.Number(),
    total_cleanups: Type.Integer(),
    total_deleted: Type.Integer(),
    total_freed_bytes: Type.Integer(),
    total_freed_mb: Type.Number({ description: 'Of 1048576 bytes each, two decimals.' }),
    total_errors: Type.Integer(),
    cache_directory: NullableText({ description: 'As resolved; null where the job is off.' }),
  },
  {
    description: 'What all runs over the directory came to, manual ones too and dry ones not.',
    examples: [
      {
        ...{ running: true, check_interval_hours: 6, total_cleanups: 40, total_deleted: 1_024 },
        ...{ total_freed_bytes: 52_428_800, total_freed_mb: 50, total_errors: 0 },
        cache_directory: '/var/cache/results',
      },
    ],
  },
);

export const AgedFilesAnswer = Type.Object(
  {
    deleted_count: Type.Integer(),
    freed_bytes: bytes,
    checked_count: Type.Integer({ description: 'Names that match the pattern.' }),
    errors: Type.Integer(),
    duration_ms: Type.Number(),
    dry_run: Type.Boolean(),
  },
  {
    description: 'The run has ended.',
    examples: [
      { deleted_count: 3, freed_bytes: 9_000, checked_count: 5, errors: 0, duration_ms: 1.2, dry_run: false },
    ],
  },
);

export const ConversationsAnswer = Type.Object(
  {
    sessions_deleted: Type.Integer({ description: 'Threads removed whole.' }),
    checkpoints_deleted: Type.Integer(),
    errors: Type.Array(Type.String()),
    sessions_remaining: Type.Integer(),
    dry_run: Type.Boolean(),
  },
  {
    description: 'The run has ended.',
    examples: [
      { sessions_deleted: 2, checkpoints_deleted: 31, errors: [], sessions_remaining: 14, dry_run: false },
    ],
  },
);

const Backup = Type.Object({
  filename: Type.String(),
  path: Type.String(),
  size_bytes: bytes,
  created_at: Type.String({ description: 'ISO 8601, UTC.' }),
});
const backup = {
  filename: 'ledger_backup_20270110_020000_123.tar.gz',
  path: '/var/lib/loiter-killer/backups/ledger_backup_20270110_020000_123.tar.gz',
  size_bytes: 183_204,
  created_at: '2027-01-10T02:00:00.123Z',
};

export const BackupListAnswer = Type.Array(Backup, {
  description: 'The finished backups on the disk of the api, newest first.',
  examples: [[backup]],
});

export const BackupsAnswer = Type.Object(
  {
    backups: Type.Array(Backup),
    removed: Type.Array(Type.String(), { description: 'Older ones that were too many.' }),
    skipped: Type.Array(Type.Object({ kind: Type.String(), reason: Type.String() })),
    errors: Type.Array(Type.String(), { description: 'Kinds of which none could be made.' }),
  },
  {
    description: 'The run has ended.',
    examples: [
      { backups: [backup], removed: [], skipped: [{ kind: 'memory', reason: 'not_configured' }], errors: [] },
    ],
  },
);

const Run = Type.Object({
  started_at: Type.String(),
  finished_at: Type.String(),
  succeeded: Type.Boolean(),
  result: Type.Unknown({ description: 'As its route answers it; null where there is none.' }),
  error: NullableText(),
});
const NullableRun = (description: string) => Type.Union([Run, Type.Null()], { description });

const Job = Type.Object({
  name: Type.String({ description: 'Also the id of its schedule.' }),
  on: Type.Boolean(),
  why: NullableText({ description: 'Why it is off, or runs only when somebody asks.' }),
  schedule: NullableText({ description: 'When it runs by itself; null = when somebody asks.' }),
  paused: Type.Boolean(),
  running: Type.Boolean({ description: 'A scheduled run is under way.' }),
  next_run: NullableTime('When it runs next.'),
  last_success_at: NullableTime('When a run last went well, dry ones not counted.'),
  last_run: NullableRun('The last run that ended, scheduled or not.'),
  last_dry_run: NullableRun('The last dry run that ended.'),
  notes: Type.Array(Type.String()),
});
export type JobBody = Static<typeof Job>;

export const JobsAnswer = Type.Object(
  { jobs: Type.Array(Job) },
  {
    description: 'Every job of the service.',
    examples: [
      {
        jobs: [
          {
            ...{ name: 'conversations-cleanup', on: true, why: null, schedule: '0 3 * * * (Europe/Berlin)' },
            ...{ paused: false, running: false, next_run: '2027-01-11T02:00:00.000Z' },
            last_success_at: '2027-01-10T02:00:04.210Z',
            last_run: {
              started_at: '2027-01-10T02:00:00.113Z',
              finished_at: '2027-01-10T02:00:04.210Z',
              succeeded: true,
              result: {
                ...{ sessions_deleted: 2, checkpoints_deleted: 31, errors: [] },
                ...{ sessions_remaining: 14, dry_run: false },
              },
              error: null,
            },
            ...{ last_dry_run: null, notes: [] },
          },
        ],
      },
    ],
  },
);
