/** The public face of backups. */
export type * from './contract.ts';
export { makeBackup } from './make.ts';
export { backupResult } from './result.ts';
export { listBackups } from './list.ts';
export { restoreBackup, type Restored, type RestoreWish } from './restore.ts';
export { RestoreError, type RestoreRefusal } from './restore-error.ts';
