/** Jobs without a disk: what their activities answer. */
import { ApplicationFailure } from '@temporalio/common';
import type { BackupEntry, JobActivities } from '../../../activities/job-contract.ts';

const COUNTS = { deleted_count: 2, freed_bytes: 20, checked_count: 3, errors: 0, duration_ms: 1.5 };
const BACKUP: BackupEntry = {
  filename: 'ledger_backup_20270101_020000_000.tar.gz',
  path: '/backups/ledger_backup_20270101_020000_000.tar.gz',
  size_bytes: 10,
  created_at: '2027-01-01T02:00:00.000Z',
};

const broken = () =>
  Promise.reject(ApplicationFailure.create({ message: 'broken', type: 'INTERNAL', nonRetryable: true }));

/** Of the backups, that of the conversations fails; a report is not taken. */
export const FAKE_JOBS: JobActivities = {
  cleanResults: ({ dryRun }) => Promise.resolve({ ...COUNTS, leftovers_deleted: 0, dry_run: dryRun }),
  reportResults: broken,
  cleanAgedFiles: ({ dryRun }) => Promise.resolve({ ...COUNTS, dry_run: dryRun }),
  cleanConversations: ({ dryRun }) =>
    Promise.resolve({
      ...{ sessions_deleted: 1, checkpoints_deleted: 5, errors: [], sessions_remaining: 2 },
      dry_run: dryRun,
    }),
  makeBackup: ({ kind }) =>
    kind === 'memory' ? broken() : Promise.resolve({ kind, backup: BACKUP, removed: [] }),
  finishBackups: ({ outcomes, failed }) =>
    Promise.resolve({
      backups: outcomes.flatMap((outcome) => ('backup' in outcome ? [outcome.backup] : [])),
      ...{ removed: [], skipped: [], errors: [...failed] },
    }),
};
