import { describe, expect, it } from 'vitest';
import { chooseAccounts, type ChoiceWish } from '../../../domain/upload-choice.ts';

/** Preferred first, as the composition root orders them. */
const ACCOUNTS = [
  { name: 'kimi', offersStores: false, maxFileBytes: 100 },
  { name: 'openai', offersStores: true, maxFileBytes: 500 },
  { name: 'glm', offersStores: false, maxFileBytes: 20 },
];
const choose = (wish: Partial<ChoiceWish>, accounts = ACCOUNTS) => {
  const choice = chooseAccounts(accounts, { asked: null, forStore: false, sizeBytes: 1, ...wish });
  return 'refusal' in choice ? choice.refusal : choice.accounts.map(({ name }) => name);
};

describe('who may take a file', () => {
  it.each([
    ['all, in their order', {}, ['kimi', 'openai', 'glm']],
    ['only those whose limit allows it', { sizeBytes: 21 }, ['kimi', 'openai']],
    ['at its limit one still does', { sizeBytes: 20 }, ['kimi', 'openai', 'glm']],
    ['the one that is large enough', { sizeBytes: 101 }, ['openai']],
    ['nobody', { sizeBytes: 501 }, 'FILE_TOO_LARGE'],
    ['only the asked one', { asked: 'glm' }, ['glm']],
    ['not the asked one, where it is too large for it', { asked: 'glm', sizeBytes: 21 }, 'FILE_TOO_LARGE'],
    ['nobody of that name', { asked: 'claude' }, 'PROVIDER_UNKNOWN'],
    ['who has the stores, for a session', { forStore: true }, ['openai']],
    ['the asked one, who has them', { forStore: true, asked: 'openai' }, ['openai']],
    ['not one without stores', { forStore: true, asked: 'kimi' }, 'PROVIDER_HAS_NO_STORES'],
    [
      'nobody else for a session, where it is too large',
      { forStore: true, sizeBytes: 501 },
      'FILE_TOO_LARGE',
    ],
  ])('%s', (_what, wish, expected) => {
    expect(choose(wish)).toEqual(expected);
  });

  it('is nobody where no provider is configured, and none with stores where no such one is', () => {
    expect(choose({}, [])).toBe('PROVIDER_UNKNOWN');
    expect(choose({ forStore: true }, ACCOUNTS.slice(2))).toBe('PROVIDER_HAS_NO_STORES');
    expect(choose({ asked: 'openai' }, ACCOUNTS.slice(2))).toBe('PROVIDER_UNKNOWN');
  });
});
