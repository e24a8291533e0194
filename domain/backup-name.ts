/** Names of backups, which say what is in them and when it was taken, by UTC: no hour of a year comes twice. */

export const BACKUP_KINDS = ['memory', 'ledger'] as const;
/** `memory`: the SQLite database with LangGraph's checkpoints. `ledger`: all tables of the ledger. */
export type BackupKind = (typeof BACKUP_KINDS)[number];

export interface BackupName {
  readonly kind: BackupKind;
  /** Asked for by a person; kept apart from the nightly ones. */
  readonly manual: boolean;
  /** Epoch milliseconds. */
  readonly takenAtMs: number;
}

const EXTENSION: Readonly<Record<BackupKind, string>> = { memory: '.db', ledger: '.tar.gz' };
const NAME =
  /^(memory|ledger)_backup_(\d{4})(\d\d)(\d\d)_(\d\d)(\d\d)(\d\d)_(\d{3})(_manual)?(\.db|\.tar\.gz)$/;

/** `memory_backup_20251128_020000_123.db`, `ledger_backup_20251128_020000_123_manual.tar.gz`. */
export function backupFilename({ kind, manual, takenAtMs }: BackupName): string {
  const [date = '', time = '', ms = ''] = new Date(takenAtMs).toISOString().split(/[TZ.]/);
  const moment = `${date.replaceAll('-', '')}_${time.replaceAll(':', '')}_${ms}`;
  return `${kind}_backup_${moment}${manual ? '_manual' : ''}${EXTENSION[kind]}`;
}

/** What a file name says; `undefined` for every name that {@link backupFilename} would not give. */
export function parseBackupName(filename: string): BackupName | undefined {
  const [, kind, ...rest] = NAME.exec(filename) ?? [];
  if (!isKind(kind)) return undefined;
  const [year, month, day, hours, minutes, seconds, ms] = rest.slice(0, 7).map(Number);
  const takenAtMs = Date.UTC(year ?? 0, (month ?? 1) - 1, day, hours, minutes, seconds, ms);
  const name: BackupName = { kind, manual: rest[7] !== undefined, takenAtMs };
  return backupFilename(name) === filename ? name : undefined;
}

function isKind(text: string | undefined): text is BackupKind {
  return BACKUP_KINDS.some((kind) => kind === text);
}
