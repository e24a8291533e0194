/**
 * A ledger backup is a tar of `schema.json`, the tables in the order in which they can be loaded, each as parts
 * `tables/NAME/NNNNNN.copy` of COPY's text format, and at the very end `manifest.json`: an archive without it is not
 * whole.
 */
import type { DumpedTable, SequenceState } from '../../../ledger/dump/index.ts';

export const FORMAT = 1;
export const SCHEMA = 'schema.json';
export const MANIFEST = 'manifest.json';
/** An entry of a tar has to say its size before its content: so much is held in memory at a time. */
export const PART_BYTES = 1024 * 1024;
/** Of the two JSON files; a ledger has some dozens of tables. */
export const MOST_JSON_BYTES = 4 * 1024 * 1024;

export interface ArchiveSchema {
  readonly format: number;
  readonly created_at: string;
  /** Names of the migrations that made the schema: its version. */
  readonly migrations: readonly string[];
  readonly tables: readonly DumpedTable[];
}

/** What a table's parts add up to. */
export interface TableSum {
  readonly name: string;
  readonly rows: number;
  readonly bytes: number;
  readonly sha256: string;
}

export interface ArchiveManifest {
  readonly format: number;
  readonly tables: readonly TableSum[];
  readonly sequences: readonly SequenceState[];
}

/** An archive that is not whole, not ours, or not what it was. */
export class DamagedArchiveError extends Error {}

export const partName = (table: string, part: number) =>
  `tables/${table}/${String(part).padStart(6, '0')}.copy`;

/** The table of a part's name. */
export function tableOf(entry: string): string | undefined {
  return /^tables\/([^/]+)\/\d{6,}\.copy$/.exec(entry)?.[1];
}
