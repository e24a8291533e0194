import { parseCheckpointDatabase } from '../domain/checkpoint-database.ts';
import { NO_CRON } from '../domain/jobs.ts';
import { globProblem } from '../domain/name-glob.ts';
import { parseCron } from './cron-period.ts';
import type { Candidate } from './cross-checks.ts';

/** Five fields, as Temporal reads them too; extensions such as `L` or `#` it does not know. */
const FIELD = '[0-9A-Za-z*,/-]+';
const FIVE_FIELDS = new RegExp(`^${FIELD}( +${FIELD}){4}$`);
/** Letters stand in names of months and days only. */
const NAMES = /^(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|sun|mon|tue|wed|thu|fri|sat)$/i;

const isCron = (text: string): boolean => {
  if (!FIVE_FIELDS.test(text) || !(text.match(/[A-Za-z]+/g) ?? []).every((word) => NAMES.test(word)))
    return false;
  try {
    return parseCron(text).nextRun() !== null;
  } catch {
    return false;
  }
};

function cronProblem(name: string, value: unknown): string | null {
  if (typeof value !== 'string' || value === NO_CRON || isCron(value)) return null;
  return `${name}: must be a cron expression of five fields such as "0 2 * * *", or ${NO_CRON}, not "${value}"`;
}

/** Temporal has zones by the names of their files: it knows neither offsets nor any other case. */
function isZone(text: string): boolean {
  try {
    const { timeZone } = new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions();
    const differsInCase = timeZone !== text && timeZone.toLowerCase() === text.toLowerCase();
    return /^[A-Z]/.test(text) && !differsInCase;
  } catch {
    return false;
  }
}

function zoneProblem(value: unknown): string | null {
  if (typeof value !== 'string' || isZone(value)) return null;
  return `TZ: "${value}" is no time zone such as Europe/Berlin`;
}

/** Without the value: it may hold a password. */
function databaseProblem(value: unknown): string | null {
  if (typeof value !== 'string') return null;
  const database = parseCheckpointDatabase(value);
  const isFine = database?.kind === 'postgres' ? URL.canParse(database.url) : database !== undefined;
  return isFine ? null : 'CHECKPOINT_DATABASE: must be sqlite:/path/to/file.db or postgres://…';
}

function patternProblem(value: unknown): string | null {
  const problem = typeof value === 'string' ? globProblem(value) : undefined;
  return problem === undefined ? null : `AGED_FILES_GLOB: ${problem}`;
}

/** Problems of the settings of the maintenance jobs, one sentence each; `nameOf` is how a setting was given. */
export function maintenanceProblems(
  candidate: Candidate,
  nameOf: (setting: string) => string,
): (string | null)[] {
  const cron = (setting: string) => cronProblem(nameOf(setting), candidate[setting]);
  return [
    cron('CONVERSATION_CLEANUP_CRON'),
    cron('DATABASE_BACKUP_CRON'),
    zoneProblem(candidate['TZ']),
    databaseProblem(candidate['CHECKPOINT_DATABASE']),
    patternProblem(candidate['AGED_FILES_GLOB']),
  ];
}
