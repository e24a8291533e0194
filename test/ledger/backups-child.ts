/** A process that makes or restores a backup, to be measured or to die in the middle of it. */
import { pino } from 'pino';
import {
  makeBackup,
  restoreBackup,
  type BackupSettings,
  type BackupWish,
} from '../../maintenance/backups/index.ts';

export interface ChildTask {
  readonly settings: BackupSettings;
  readonly nowMs: number;
  readonly wish?: BackupWish;
  readonly restore?: string;
}

const task = JSON.parse(process.argv[2] ?? '') as ChildTask;
const deps = { settings: task.settings, log: pino({ level: 'silent' }), now: () => task.nowMs };
const context = { signal: new AbortController().signal, heartbeat: () => undefined };
if (task.wish !== undefined) await makeBackup(deps, task.wish, context);
if (task.restore !== undefined) await restoreBackup(deps, { filename: task.restore, force: false }, context);
// Kilobytes on every system: Node sees to it.
process.stdout.write(JSON.stringify({ peakKb: process.resourceUsage().maxRSS }));
