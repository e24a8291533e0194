/** `kill -9` of every process at every moment of an upload. Part of `npm run crash`. */
import { afterEach, beforeAll, describe, test } from 'vitest';
import { scratchDirectory } from '../support/parts.ts';
import { startRig, VICTIMS, type Rig } from './rig.ts';
import { nameOf, runUploadCell, UPLOAD_TIMEOUT, type UploadCell } from './upload-cell.ts';
import { UPLOAD_MOMENTS } from './upload-moments.ts';

/** Uploads need neither worker nor Temporal: their death is met once, by a client that was answered already. */
const CELLS: readonly UploadCell[] = VICTIMS.flatMap((victim) =>
  UPLOAD_MOMENTS.flatMap((moment): UploadCell[] => [
    { victim, moment, client: 'retries' },
    ...(victim === 'api' || victim === 'PostgreSQL' ? [{ victim, moment, client: 'is gone' } as const] : []),
  ]),
);

describe.each(VICTIMS)('%s', (victim) => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await startRig({ UPLOAD_TIMEOUT, DATA_DIR: scratchDirectory('data') });
    return () => rig.stop();
  });
  afterEach(async () => {
    await rig.stack.simulator.control.clearFaults();
    await rig.heal();
  });

  test.each(CELLS.filter((cell) => cell.victim === victim).map((cell) => [nameOf(cell), cell] as const))(
    '%s',
    async (_name, cell) => {
      await runUploadCell(rig, cell);
    },
  );
});
