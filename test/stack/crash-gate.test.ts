/** Two cells of the crash matrix (`npm run crash`), one for each process of ours. */
import { afterEach, beforeAll, test } from 'vitest';
import { nameOf, runCell, type Cell } from '../crash/cell.ts';
import { MOMENTS } from '../crash/moments.ts';
import { startRig, type Rig, type Victim } from '../crash/rig.ts';

function cell(victim: Victim, moment: string, client: Cell['client']): Cell {
  const found = MOMENTS.find(({ name }) => name === moment);
  if (found === undefined) throw new Error(`there is no moment "${moment}"`);
  return { victim, moment: found, client };
}

const CELLS = [
  cell('api', 'after create before activate', 'is gone'),
  cell('worker', 'after delete before it is recorded', 'retries'),
];

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
  return () => rig.stop();
});
afterEach(async () => {
  await rig.stack.simulator.control.clearFaults();
  await rig.heal();
});

test.each(CELLS.map((one) => [nameOf(one), one] as const))(
  '%s',
  async (_name, one) => {
    await runCell(rig, one);
  },
  180_000,
);
