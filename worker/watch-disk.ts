import { every } from '../leases/index.ts';
import { directoriesOf, watchDirectories } from '../maintenance/index.ts';
import type { Parts } from './assemble.ts';

/** A million files take some seconds of one processor. */
const MEASURE_EVERY_MS = 10 * 60_000;

/** Adds the gauges over this worker's directories and measures them until the process stops. */
export async function watchDisk({ loaded, jobs, metrics, log, signal }: Parts): Promise<void> {
  const directories = watchDirectories(await directoriesOf(jobs.settings, loaded.config.DATA_DIR));
  metrics.watchDirectories(() => directories.read());
  const measuring = { name: 'the measuring of directories', everyMs: MEASURE_EVERY_MS, log, signal };
  await every(measuring, () => directories.measure(signal));
}
