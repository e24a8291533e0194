import { NO_CRON, type MaintenanceJob } from '../domain/jobs.ts';

/** When a job runs by itself. */
export type Timing =
  | { readonly kind: 'interval'; readonly everySeconds: number }
  /** Five fields, in that time zone. */
  | { readonly kind: 'cron'; readonly cron: string; readonly timeZone: string };

/** The contract's number: aged files are looked for each hour. */
const AGED_FILES_EVERY_SECONDS = 3_600;

export interface TimingConfig {
  readonly RESULTS_CLEANUP_INTERVAL_HOURS: number;
  readonly CONVERSATION_CLEANUP_CRON: string;
  readonly DATABASE_BACKUP_CRON: string;
}

/** When each job runs by itself; undefined where it never does. Whether it can run at all is another question. */
export function jobTimings(
  config: TimingConfig,
  timeZone: string,
): Readonly<Record<MaintenanceJob, Timing | undefined>> {
  const daily = (cron: string): Timing | undefined =>
    cron === NO_CRON ? undefined : { kind: 'cron', cron, timeZone };
  return {
    'results-cleanup': {
      kind: 'interval',
      // Temporal takes whole seconds.
      everySeconds: Math.max(1, Math.round(config.RESULTS_CLEANUP_INTERVAL_HOURS * 3_600)),
    },
    'aged-files-cleanup': { kind: 'interval', everySeconds: AGED_FILES_EVERY_SECONDS },
    'conversations-cleanup': daily(config.CONVERSATION_CLEANUP_CRON),
    backups: daily(config.DATABASE_BACKUP_CRON),
  };
}

/** As people read it: `every 6 hours`, `0 3 * * * (Europe/Berlin)`. */
export function describeTiming(timing: Timing): string {
  if (timing.kind === 'cron') return `${timing.cron} (${timing.timeZone})`;
  const { everySeconds: seconds } = timing;
  if (seconds % 3_600 === 0) return seconds === 3_600 ? 'every hour' : `every ${seconds / 3_600} hours`;
  return seconds === 1 ? 'every second' : `every ${seconds} seconds`;
}
