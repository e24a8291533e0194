import type { MaintenanceJob } from '../domain/jobs.ts';
import { resolveDirectory, type Guarded } from './directories.ts';
import type { MaintenanceSettings } from './settings.ts';

async function refusal(
  settings: { readonly directory: string; readonly guarded: Guarded } | undefined,
  name: string,
): Promise<string | undefined> {
  if (settings === undefined) return `${name} is not set`;
  const resolved = await resolveDirectory(settings.directory, settings.guarded);
  // One that does not answer may do so when the job runs, elsewhere for all we know.
  return resolved.kind === 'refused' ? `${name}: ${resolved.reason}` : undefined;
}

/** Why a job cannot run as configured, in one sentence; undefined where it can. */
export async function reasonOff(
  settings: MaintenanceSettings,
  job: MaintenanceJob,
): Promise<string | undefined> {
  switch (job) {
    case 'results-cleanup':
      return refusal(settings.results, 'RESULTS_DIR');
    case 'aged-files-cleanup':
      return refusal(settings.agedFiles, 'AGED_FILES_DIR');
    case 'conversations-cleanup':
      return settings.conversations === undefined ? 'CHECKPOINT_DATABASE is not set' : undefined;
    case 'backups':
      // The ledger is always there to be backed up.
      return undefined;
  }
}
