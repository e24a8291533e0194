/** The public face of the room: uploads as `api/` sees them, and their later life as `activities/` does. */
import type { Files } from './contract.ts';
import { checkName } from './check-name.ts';
import type { FileDeps } from './deps.ts';
import { drop } from './drop.ts';
import { createFileReads } from './read/index.ts';
import { createSlots } from './slots.ts';
import { createUnderWay } from './under-way.ts';
import { upload } from './upload.ts';

export type { FileKeeper, FileMeter, FileNotifier, FileRunReport, Files, RetentionWish } from './contract.ts';
export type { FileAccount, FileDeps } from './deps.ts';
export { openFileAccounts } from './accounts.ts';
export { fileReading } from './read/index.ts';
export { fileSettings, type FileSettings } from './settings.ts';
export { createFileKeeper } from './upkeep/index.ts';
export { openSpool, spoolMaxAgeMs, type Spool, type SpooledFile } from './spool.ts';

/** Uploads for callers over HTTP. */
export function createFiles(deps: FileDeps): Files {
  const uploads = { ...deps, slots: createSlots(deps.settings.maxConcurrentUploads) };
  const underWay = createUnderWay();
  return {
    ...createFileReads(deps),
    checkName: (filename) => {
      checkName(deps.settings, filename);
    },
    largestBytes: () => Math.max(0, ...deps.accounts.map(({ limits }) => limits.maxFileBytes)),
    upload: (request) => underWay.add(upload(uploads, request)),
    drop: (wish) => drop(deps, wish),
    settle: (waitMs) => underWay.settle(waitMs),
  };
}
