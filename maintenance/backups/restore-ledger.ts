import { NotRestorableError, withEmptyLedger } from '../../ledger/dump/index.ts';
import { DamagedArchiveError } from './archive/format.ts';
import { checkArchive, withArchive } from './archive/open.ts';
import type { BackupContext } from './contract.ts';
import { RestoreError } from './restore-error.ts';

function toRefusal(error: unknown): unknown {
  if (error instanceof NotRestorableError) return new RestoreError('not_restorable', error.message);
  if (error instanceof DamagedArchiveError) return new RestoreError('damaged', error.message);
  return error;
}

/**
 * Checks an archive, and loads it into an empty, migrated ledger in one transaction, committed once every table has been found
 * to be what it was when the backup was made. Throws {@link RestoreError}.
 */
export async function restoreLedger(path: string, url: string, context: BackupContext): Promise<void> {
  const { signal, heartbeat } = context;
  try {
    await checkArchive(path, signal, heartbeat);
    await withArchive(path, signal, async (archive) => {
      const { migrations, tables } = archive.schema;
      await withEmptyLedger({ url, migrations, signal }, async (target) => {
        const loaded: number[] = [];
        for (const table of tables) {
          loaded.push(await target.load(table, archive.rows(table)));
          heartbeat();
        }
        const manifest = await archive.finish();
        const whole = manifest.tables.every(({ rows }, index) => rows === loaded[index]);
        if (!whole) throw new DamagedArchiveError('PostgreSQL has taken other rows than were given');
        await target.setSequences(manifest.sequences);
      });
    });
  } catch (error) {
    throw toRefusal(error);
  }
}
