/** A file let go of and used at once: both lock its row, so one of them sees the other. */
import { describe, expect, it } from 'vitest';
import type { Db } from '../../ledger/open.ts';
import { markFiles } from '../../ledger/queries/mark-files.ts';
import { endUnused } from '../../ledger/queries/retention-end.ts';
import { lockUploadedFiles } from '../../ledger/queries/upkeep-lock-files.ts';
import { hitAgain } from '../../ledger/queries/upload-hit.ts';
import { openFileBench, seedUpload, type FileBench } from './files-kit.ts';
import { acquireOf, codeOf, trackOf } from './kit.ts';
import { meet } from './two-sides.ts';
import { DAY_SECONDS, fates, mark, markedFiles } from './upkeep-kit.ts';

interface Stage {
  readonly bench: FileBench;
  readonly uploadId: string;
  readonly fileKey: string;
}

/** A file that ann has not used for 31 days. */
async function unused(): Promise<Stage> {
  const bench = await openFileBench();
  const uploadId = await seedUpload(bench, {
    userId: 'ann',
    fileId: 'file-1',
    ageSeconds: 31 * DAY_SECONDS,
  });
  const [file] = await bench.sql<{ file_key: string }>('SELECT file_key FROM file');
  await bench.leasing.leases.acquire(acquireOf('one'));
  return { bench, uploadId, fileKey: file?.file_key ?? '' };
}

/** As files/upkeep/mark-files.ts does it. */
async function letGo(db: Db, { uploadId, fileKey }: Stage): Promise<void> {
  await lockUploadedFiles(db, [fileKey]);
  expect(await endUnused(db, [uploadId], 30)).toMatchObject({ count: 1 });
  await markFiles(db, [fileKey]);
}

const hit = (db: Db, { uploadId, fileKey }: Stage) =>
  hitAgain(db, {
    ...{ uploadId, fileKey, userId: 'ann', sessionId: null, filename: 'a.txt', mimeType: 'text/plain' },
    ...{ unseenForMs: 0, quotaBytes: 1_000 },
  });

const kept = [{ user: 'ann', status: 'completed', reason: null, gone: false }];

describe('a dedupe hit', () => {
  it.each([
    ['COMMIT', false],
    ['ROLLBACK', true],
  ] as const)('waits for a run that lets go: %s → answers %s', async (end, answers) => {
    const stage = await unused();
    const { value } = await meet(stage.bench, {
      a: (db) => letGo(db, stage),
      b: () => hit(stage.bench.ledger, stage),
      end,
    });
    expect(value).toBe(answers);
    expect(await markedFiles(stage.bench)).toEqual(answers ? [] : ['file-1']);
  });

  it.each([
    ['COMMIT', 0],
    ['ROLLBACK', 1],
  ] as const)('is waited for by a run: %s → %i let go', async (end, count) => {
    const stage = await unused();
    const { value } = await meet(stage.bench, {
      a: async (db) => expect(await hit(db, stage)).toBe(true),
      b: () => mark(stage.bench),
      end,
    });
    expect(value.uploads).toBe(count);
    expect(await markedFiles(stage.bench)).toHaveLength(count);
    if (count === 0) expect(await fates(stage.bench)).toEqual(kept);
  });
});

describe('tracking', () => {
  it.each([
    ['COMMIT', 'FILE_BEING_DELETED'],
    ['ROLLBACK', 'OK'],
  ] as const)('waits for a run that lets go: %s → %s', async (end, code) => {
    const stage = await unused();
    const { value } = await meet(stage.bench, {
      a: (db) => letGo(db, stage),
      b: () => codeOf(stage.bench.leasing.leases.track(trackOf('one', ['file-1']))),
      end,
    });
    expect(value).toBe(code);
  });

  it('is waited for by a run, which then spares the file', async () => {
    const stage = await unused();
    const { bench } = stage;
    const { value } = await meet(bench, {
      // The lease comes to track the file, and its use is not told: the lease alone has to be seen.
      a: async (db) => {
        await lockUploadedFiles(db, [stage.fileKey]);
        await db.rows(
          {
            name: 'test-track',
            text: `INSERT INTO lease_entry (lease_id, kind, entry_hash, entry, file_key)
              SELECT lease_id, 'id', '\\x00', 'file-1', $1 FROM lease`,
          },
          [stage.fileKey],
        );
      },
      b: () => mark(bench),
      end: 'COMMIT',
    });
    expect(value.uploads).toBe(0);
    expect(await fates(bench)).toEqual(kept);
  });
});

describe('two runs at once', () => {
  it('let go of each upload once', async () => {
    const bench = await openFileBench();
    for (let n = 0; n < 40; n += 1) {
      await seedUpload(bench, { userId: `u ${n}`, fileId: `file-${n % 25}`, ageSeconds: 31 * DAY_SECONDS });
    }
    const other = await bench.another();
    const [one, two] = await Promise.all([mark(bench), mark(other)]);
    expect(one.uploads + two.uploads).toBe(40);
    expect(one.bytes + two.bytes).toBe(25 * Buffer.byteLength('content'));
    expect(await markedFiles(bench)).toHaveLength(25);
  });
});
