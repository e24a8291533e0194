import { expect, test } from 'vitest';
import type { DrainView, LiveView } from '../../../activities/contract.ts';
import { sessionState } from '../../../workflows/answer.ts';
import { detailsMarkdown } from '../../../workflows/details.ts';

const LIVE: LiveView = {
  leaseId: 'l2',
  state: 'active',
  vectorStoreId: 'vs_2',
  protected: false,
  expiresAt: '2026-11-22T10:00:00.000Z',
  leftMs: 1_000,
  claimAbandoned: false,
  expiryOutOfDate: false,
};
const DRAIN: DrainView = {
  leaseId: 'l1',
  vectorStoreId: 'vs_1',
  hasFiles: false,
  stuck: true,
  attempts: 3,
  lastError: 'bad `ticks`\nand lines',
  nextTryAt: '2026-11-22T09:00:00.000Z',
  waitsFor: 'deletions are paused',
  waitMs: 10,
};

test('the details tell the live lease and what is being deleted', () => {
  const text = detailsMarkdown('a`b', { live: LIVE, draining: [DRAIN] }, 0);
  expect(text).toContain('**Session** `a b`');
  expect(text).toContain('lasts at least until 2026-11-22T10:00:00.000Z');
  expect(text).toContain(
    '- lease `l1`, vector store `vs_1`, **stuck**, 3 failed attempts, last error `bad  ticks  and lines`, waits for `deletions are paused`, next try 2026-11-22T09:00:00.000Z',
  );
  expect(text).toContain('1970-01-01T00:00:00.000Z');
});

test('a protected lease has no deadline, a provisioning one not yet', () => {
  const details = (live: LiveView) => detailsMarkdown('s', { live, draining: [] }, 0);
  expect(details({ ...LIVE, expiresAt: null, protected: true })).toContain('no deadline');
  expect(details({ ...LIVE, expiresAt: null, vectorStoreId: null })).toContain('deadline not set yet');
});

test('one word for the session', () => {
  expect(sessionState({ live: LIVE, draining: [DRAIN] })).toBe('active');
  expect(sessionState({ live: null, draining: [DRAIN] })).toBe('draining');
  expect(sessionState({ live: null, draining: [] })).toBe('closed');
});
