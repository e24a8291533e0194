/** `kill -9` of every process at every moment of a lease's life. `npm run crash`: about ten minutes. */
import { afterEach, beforeAll, describe, test } from 'vitest';
import { nameOf, runCell, type Cell } from './cell.ts';
import { MOMENTS } from './moments.ts';
import { startRig, VICTIMS, type Rig } from './rig.ts';

/**
 * Every victim at every moment. Where a claim is under way also with no client that comes back; a drain is nobody's
 * call in any case, and the client that comes back there only makes a second lease beside it.
 */
const CELLS: readonly Cell[] = VICTIMS.flatMap((victim) =>
  MOMENTS.flatMap((moment): Cell[] => [
    { victim, moment, client: 'retries' },
    ...(moment.during === 'acquire' ? [{ victim, moment, client: 'is gone' } as const] : []),
  ]),
);

describe.each(VICTIMS)('%s', (victim) => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await startRig();
    return () => rig.stop();
  });
  afterEach(async () => {
    await rig.stack.simulator.control.clearFaults();
    await rig.heal();
  });

  test.each(CELLS.filter((cell) => cell.victim === victim).map((cell) => [nameOf(cell), cell] as const))(
    '%s',
    async (_name, cell) => {
      await runCell(rig, cell);
    },
  );
});
