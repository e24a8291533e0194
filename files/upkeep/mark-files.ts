import type { MarkedFiles, RetentionWish } from '../../activities/contract.ts';
import type { PassContext } from '../../deletion/pass-context.ts';
import type { Db } from '../../ledger/index.ts';
import { markFiles as markUnheld } from '../../ledger/queries/mark-files.ts';
import {
  endFailed,
  endLapsed,
  endLeftover,
  endUnused,
  type EndedUploads,
} from '../../ledger/queries/retention-end.ts';
import {
  FROM_THE_START,
  selectFailed,
  selectLapsed,
  selectLeftover,
  selectUnused,
  type RetentionPage,
  type RetentionRow,
} from '../../ledger/queries/retention-select.ts';
import { lockUploadedFiles } from '../../ledger/queries/upkeep-lock-files.ts';
import { ledgerClock } from '../../ledger/queries/upkeep-run.ts';
import type { RetentionPart } from '../../ledger/retention.ts';
import type { FileSettings } from '../settings.ts';
import type { UpkeepDeps } from './deps.ts';

/** Uploads looked at by one statement, and ended by one transaction: short enough for the ledger's time limit. */
const PAGE = 200;

/** A part of retention: what it looks at, how it ends what is due, and the days that it goes by. */
interface Part {
  readonly select: (db: Db, page: RetentionPage) => Promise<readonly RetentionRow[]>;
  readonly end: (db: Db, uploadIds: readonly string[], days: number) => Promise<EndedUploads>;
  readonly days: (settings: FileSettings) => number;
}

const PARTS: Readonly<Record<RetentionPart, Part>> = {
  lapsed: { select: selectLapsed, end: endLapsed, days: () => 0 },
  leftover: { select: selectLeftover, end: endLeftover, days: () => 0 },
  unused: { select: selectUnused, end: endUnused, days: (settings) => settings.retentionDays },
  failed: { select: selectFailed, end: endFailed, days: (settings) => settings.failedRetentionDays },
};

/** The parts of each kind of run, in their order. */
const KINDS: Readonly<Record<RetentionWish['kind'], readonly RetentionPart[]>> = {
  retention: ['lapsed', 'leftover', 'unused', 'failed'],
  orphans: ['failed'],
};

interface Counted {
  readonly uploads: number;
  readonly bytes: number;
}

/** What would become of the page. */
function count(rows: readonly RetentionRow[]): Counted {
  const goes = rows.filter((row) => row.due && row.lastHolder);
  return {
    uploads: rows.filter((row) => row.due).length,
    bytes: goes.reduce((sum, row) => sum + row.bytes, 0),
  };
}

/**
 * Locks the files, ends those uploads that are due still, marks the files that nobody holds then: three statements, of
 * which each sees what was committed before the locks were got.
 */
async function endPage(deps: UpkeepDeps, part: Part, rows: readonly RetentionRow[]): Promise<Counted> {
  const due = rows.filter((row) => row.due);
  if (due.length === 0) return { uploads: 0, bytes: 0 };
  const fileKeys = new Set(due.flatMap(({ fileKey }) => (fileKey === null ? [] : [fileKey])));
  return deps.ledger.transaction(async (db) => {
    await lockUploadedFiles(db, [...fileKeys]);
    const uploadIds = due.map(({ uploadId }) => uploadId);
    const ended = await part.end(db, uploadIds, part.days(deps.settings));
    const files = ended.fileKeys.length === 0 ? [] : await markUnheld(db, ended.fileKeys);
    const marked = files.filter((file) => file.markedNow);
    const bytes = marked.reduce((sum, { fileKey }) => sum + (ended.bytes.get(fileKey) ?? 0), 0);
    return { uploads: ended.count, bytes };
  });
}

async function* pagesOf(deps: UpkeepDeps, part: Part): AsyncGenerator<readonly RetentionRow[], void> {
  const days = part.days(deps.settings);
  let after = FROM_THE_START;
  for (;;) {
    const rows = await part.select(deps.ledger, { after, limit: PAGE, days });
    const last = rows.at(-1);
    if (last === undefined) return;
    yield rows;
    after = last.position;
  }
}

/**
 * Lets go, page by page, of every upload that the parts of the run select; memory does not grow with their number. A dry
 * run reads the same pages, changes nothing and counts what would be.
 */
export async function markFiles(
  deps: UpkeepDeps,
  wish: RetentionWish,
  context: PassContext,
): Promise<MarkedFiles> {
  const startedAt = await ledgerClock(deps.ledger);
  let [uploads, bytes] = [0, 0];
  for (const name of KINDS[wish.kind]) {
    const part = PARTS[name];
    for await (const rows of pagesOf(deps, part)) {
      context.signal.throwIfAborted();
      const counted = wish.dryRun ? count(rows) : await endPage(deps, part, rows);
      uploads += counted.uploads;
      bytes += counted.bytes;
      context.heartbeat();
    }
  }
  return { startedAt, uploads, bytes };
}
