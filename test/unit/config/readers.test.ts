import { homedir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readSetting } from '../../../config/readers.ts';

describe('a flag', () => {
  test.each(['true', '1', 'yes', 'on', 'TRUE', 'Yes', ' oN '])('%j is true', (text) => {
    expect(readSetting({ type: 'boolean' }, text)).toBe(true);
  });
  test.each(['false', '0', 'no', 'off', 'FALSE', 'Off'])('%j is false', (text) => {
    expect(readSetting({ type: 'boolean' }, text)).toBe(false);
  });
  test.each(['2', 'y', 'enabled', 'constructor'])('%j says neither', (text) => {
    expect(readSetting({ type: 'boolean' }, text)).toBe(text);
  });
});

describe('a whole number', () => {
  test.each([
    ['24', 24],
    [' 24 ', 24],
    ['+7', 7],
    ['-1', -1],
    ['007', 7],
  ])('%j is %d', (text, number) => {
    expect(readSetting({ type: 'integer' }, text)).toBe(number);
  });
  test.each(['1.5', '1.0', '1e3', '0x10', '1_000', '1,000', '10MB', 'Infinity', 'NaN', '--1', '٣'])(
    '%j is none',
    (text) => {
      expect(readSetting({ type: 'integer' }, text)).toBe(text);
    },
  );
});

describe('a decimal number', () => {
  test.each([
    ['10', 10],
    ['0.5', 0.5],
    ['.5', 0.5],
    ['2.', 2],
    ['1e-3', 0.001],
    ['-0.25', -0.25],
  ])('%j is %d', (text, number) => {
    expect(readSetting({ type: 'number' }, text)).toBe(number);
  });
  test.each(['1,5', '0x10', 'Infinity', 'NaN', '.', '1.2.3', '10GB', 'e3'])('%j is none', (text) => {
    expect(readSetting({ type: 'number' }, text)).toBe(text);
  });
});

test.each([
  ['txt, pdf ,md', ['txt', 'pdf', 'md']],
  ['txt', ['txt']],
  [',txt,,', ['txt']],
  [',', []],
])('the list %j is %j', (text, entries) => {
  expect(readSetting({ type: 'array' }, text)).toEqual(entries);
});

test.each([
  ['~', homedir()],
  ['~/data', join(homedir(), 'data')],
  [' ~/data ', join(homedir(), 'data')],
  ['./data', './data'],
  ['/var/~/data', '/var/~/data'],
  ['~other/data', '~other/data'],
])('the path %j is %s', (text, path) => {
  expect(readSetting({ type: 'string', path: true }, text)).toBe(path);
});

test('any other text is trimmed and left as it is', () => {
  expect(readSetting({ type: 'string' }, ' ~/x, y ')).toBe('~/x, y');
  expect(readSetting({}, 'owned')).toBe('owned');
});
