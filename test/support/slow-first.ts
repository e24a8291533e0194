import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * Files that take longest, each for a minute or more: begun last, one of them would keep a single core busy while the
 * run waits for it. Without a cache of its own, as in a fresh clone, vitest goes by the size of the files.
 */
export const SLOW = [
  'stack/away.test.ts',
  'stack/crash-gate.test.ts',
  'stack/faults-account.test.ts',
  'stack/faults-create.test.ts',
  'stack/embedded-stack.test.ts',
  'stack/chaos-gate.test.ts',
  'stack/files.test.ts',
  'stack/faults-delete.test.ts',
  'stack/race.test.ts',
  'stack/crash-uploads-gate.test.ts',
  'ledger/retention-plan.test.ts',
  'ledger/orphans-command.test.ts',
];

const rank = ({ moduleId }: TestSpecification): number => {
  const index = SLOW.findIndex((file) => moduleId.endsWith(`/test/${file}`));
  return index === -1 ? SLOW.length : index;
};

/** The slow files first, the others as vitest would have them. A class, because vitest makes it itself. */
export class SlowFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.toSorted((one, other) => rank(one) - rank(other));
  }
}
