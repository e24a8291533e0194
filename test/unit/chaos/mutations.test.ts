/** A planted fault that cannot be planted any more proves nothing. */
import { expect, test } from 'vitest';
import { INVARIANTS } from '../../chaos/check/check.ts';
import { applyMutation, mutations } from '../../chaos/mutations/patches.ts';
import { REPOSITORY, read } from '../structure/repository.ts';

const all = mutations().map((mutation) => [mutation.name, mutation] as const);

test('there are a dozen at least', () => {
  expect(all.length).toBeGreaterThanOrEqual(12);
});

test.each(all)('%s applies to the product as it is, and names its invariant', (_name, mutation) => {
  applyMutation(mutation, REPOSITORY, 'check');
  expect(INVARIANTS.map(({ name }) => name)).toContain(mutation.foundBy);
  expect(read('docs/reliability.md')).toContain(`\`${mutation.name}\``);
});
