import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { databaseFileFor } from '../../../dev/temporal/database-file.ts';
import { scratchDirectory } from '../../support/parts.ts';

const scratch = () => join(scratchDirectory('temporal-db'), 'temporal');

test('the same version goes on with its file', () => {
  const directory = scratch();
  const lines: string[] = [];
  const file = databaseFileFor('1.8.2', directory, (line) => void lines.push(line));
  writeFileSync(file, 'state');
  expect(databaseFileFor('1.8.2', directory, (line) => void lines.push(line))).toBe(file);
  expect(existsSync(file)).toBe(true);
  expect(lines).toEqual([]);
});

test('another version sets the file aside with what belongs to it, and says so', () => {
  const directory = scratch();
  const lines: string[] = [];
  const file = databaseFileFor('1.7.3', directory, () => undefined);
  for (const suffix of ['', '-wal', '-shm']) writeFileSync(file + suffix, 'state');
  databaseFileFor('1.8.2', directory, (line) => void lines.push(line));
  const names = readdirSync(directory);
  expect(names).not.toContain('temporal.db');
  expect(names.filter((name) => /^temporal\.db\.1\.7\.3-.*Z(-wal|-shm)?$/.test(name))).toHaveLength(3);
  expect(lines.join()).toContain('1.7.3');
  writeFileSync(file, 'new state');
  databaseFileFor('1.8.2', directory, () => undefined);
  expect(existsSync(file)).toBe(true);
});

test('a file of unknown origin is set aside', () => {
  const directory = scratch();
  const file = databaseFileFor('1.8.2', directory, () => undefined);
  writeFileSync(file, 'state');
  writeFileSync(join(directory, 'version'), '');
  databaseFileFor('1.8.2', directory, () => undefined);
  expect(existsSync(file)).toBe(false);
});
