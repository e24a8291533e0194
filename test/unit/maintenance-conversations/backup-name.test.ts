import { expect, it } from 'vitest';
import fc from 'fast-check';
import { backupFilename, parseBackupName } from '../../../domain/backup-name.ts';

const MS = Date.UTC(2025, 10, 28, 2, 3, 4, 5);

it.each([
  ['memory_backup_20251128_020304_005.db', { kind: 'memory', manual: false, takenAtMs: MS }],
  ['memory_backup_20251128_020304_005_manual.db', { kind: 'memory', manual: true, takenAtMs: MS }],
  ['ledger_backup_20251128_020304_005.tar.gz', { kind: 'ledger', manual: false, takenAtMs: MS }],
  ['ledger_backup_20251128_020304_005_manual.tar.gz', { kind: 'ledger', manual: true, takenAtMs: MS }],
] as const)('%s', (filename, name) => {
  expect(parseBackupName(filename)).toEqual(name);
  expect(backupFilename(name)).toBe(filename);
});

it.each([
  '',
  '.memory_backup_20251128_020304_005.db.tmp',
  'memory_backup_20251128_020304_005.tar.gz',
  'ledger_backup_20251128_020304_005.db',
  'memory_backup_20251128_020304.db',
  'memory_backup_20251328_020304_005.db',
  'memory_backup_20251131_020304_005.db',
  'memory_backup_20251128_240304_005.db',
  'memory_backup_20251128_020304_005_Manual.db',
  '../memory_backup_20251128_020304_005.db',
  './memory_backup_20251128_020304_005.db',
  '/var/memory_backup_20251128_020304_005.db',
  'memory_backup_20251128_020304_005.db\n',
  'memory_backup_20251128_020304_005.db/',
  'other_backup_20251128_020304_005.db',
])('%j is no name of a backup', (filename) => expect(parseBackupName(filename)).toBeUndefined());

it('names sort by time within a kind, and come back from their text', () => {
  const moment = fc.integer({ min: 0, max: Date.UTC(9999, 11, 31) });
  fc.assert(
    fc.property(moment, moment, fc.boolean(), (one, other, manual) => {
      const name = (takenAtMs: number) => backupFilename({ kind: 'memory', manual, takenAtMs });
      expect(parseBackupName(name(one))).toEqual({ kind: 'memory', manual, takenAtMs: one });
      expect(name(one) < name(other)).toBe(one < other);
    }),
  );
});
