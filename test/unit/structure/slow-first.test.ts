import { expect, it } from 'vitest';
import { SLOW } from '../../support/slow-first.ts';
import { repositoryFiles } from './repository.ts';

it('the files that are run first are there', () => {
  expect(repositoryFiles()).toEqual(expect.arrayContaining(SLOW.map((file) => `test/${file}`)));
});
