import { Cron } from 'croner';
import { parseCheckpointDatabase } from '../domain/checkpoint-database.ts';
import { globProblem } from '../domain/name-glob.ts';
import type { Candidate } from './cross-checks.ts';

/** Five fields, as Temporal reads them too; extensions such as `L` or `#` it does not know. */
const FIELD = '[0-9A-Za-z*,/-]+';
const FIVE_FIELDS = new RegExp(`^${FIELD}( +${FIELD}){4}$`);
/** Letters stand in names of months and days only. */
const NAMES = /^(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|sun|mon|tue|wed|thu|fri|sat)$/i;

/** What turns a scheduled job off. */
export const NO_CRON = 'off';

const isCron = (text: string): boolean => {
  if (!FIVE_FIELDS.test(text) || !(text.match(/[A-Za-z]+/g) ?? []).every((word) => NAMES.test(word)))
    return false;
  try {
    // Paused: it only reads the pattern.
    return new Cron(text, { mode: '5-part', paused: true }).nextRun() !== null;
  } catch {
    return false;
  }
};

function cronProblem(name: string, value: unknown): string | null {
  if (typeof value !== 'string' || value === NO_CRON || isCron(value)) return null;
  return `${name}: must be a cron expression of five fields such as "0 2 * * *", or ${NO_CRON}, not "${value}"`;
}

function zoneProblem(value: unknown): string | null {
  if (typeof value !== 'string') return null;
  try {
    new Intl.DateTimeFormat('en', { timeZone: value });
    return null;
  } catch {
    return `TZ: "${value}" is no time zone such as Europe/Berlin`;
  }
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

/** Problems of the settings of the maintenance jobs, one sentence each. */
export function maintenanceProblems(candidate: Candidate): (string | null)[] {
  return [
    cronProblem('CONVERSATION_CLEANUP_CRON', candidate['CONVERSATION_CLEANUP_CRON']),
    cronProblem('DATABASE_BACKUP_CRON', candidate['DATABASE_BACKUP_CRON']),
    zoneProblem(candidate['TZ']),
    databaseProblem(candidate['CHECKPOINT_DATABASE']),
    patternProblem(candidate['AGED_FILES_GLOB']),
  ];
}
