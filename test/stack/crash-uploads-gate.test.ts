/** A cell of the uploads' crash matrix (`npm run crash`): one in which the provider has what nobody recorded. */
import { afterEach, beforeAll, test } from 'vitest';
import { startRig, type Rig } from '../crash/rig.ts';
import { nameOf, runUploadCell, UPLOAD_TIMEOUT, type UploadCell } from '../crash/upload-cell.ts';
import { UPLOAD_MOMENTS } from '../crash/upload-moments.ts';
import { scratchDirectory } from '../support/parts.ts';

function cell(victim: UploadCell['victim'], moment: string, client: UploadCell['client']): UploadCell {
  const found = UPLOAD_MOMENTS.find(({ name }) => name === moment);
  if (found === undefined) throw new Error(`there is no moment "${moment}"`);
  return { victim, moment: found, client };
}

const CELLS = [cell('api', 'before the record', 'is gone')];

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ UPLOAD_TIMEOUT, DATA_DIR: scratchDirectory('data') });
  return () => rig.stop();
});
afterEach(async () => {
  await rig.stack.simulator.control.clearFaults();
  await rig.heal();
});

test.each(CELLS.map((one) => [nameOf(one), one] as const))(
  '%s',
  async (_name, one) => {
    await runUploadCell(rig, one);
  },
  180_000,
);
