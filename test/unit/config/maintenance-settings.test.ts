/** Settings of the maintenance jobs. */
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  loadConfig,
  shortestPeriodSeconds,
  timeZoneOf,
  type Config,
  type Environment,
} from '../../../config/index.ts';
import { MAINTENANCE_PROPERTIES } from '../../../config/schema-maintenance.ts';
import { jobTimings, maintenanceSettings } from '../../../maintenance/index.ts';
import { problemsWith } from './problems.ts';

const load = (env: Environment = {}): Config => loadConfig(env, { dotenvPath: false });

const DEFAULTS = {
  RESULTS_CLEANUP_INTERVAL_HOURS: 6,
  RESULTS_LEFTOVER_HOURS: 0,
  CONVERSATION_CLEANUP_CRON: '0 3 * * *',
  CONVERSATION_RETENTION_DAYS: 7,
  CONVERSATION_STRATEGY: 'delete',
  CONVERSATION_KEEP: [],
  DATABASE_BACKUP_CRON: '0 2 * * *',
  BACKUP_KEEP: 7,
  AGED_FILES_GLOB: '*.mp3',
  AGED_FILES_MAX_HOURS: 24,
};
const UNSET = [
  ...['RESULTS_DIR', 'METRICS_URL', 'METRICS_TOKEN', 'CHECKPOINT_DATABASE', 'BACKUP_DIR', 'AGED_FILES_DIR'],
  ...['MAINTENANCE_TASK_QUEUE', 'TZ'],
];

describe('nothing set', () => {
  test.each(Object.entries(DEFAULTS))('gives %s its default, %j', (name, value) => {
    expect(load()[name as keyof Config]).toEqual(value);
  });
  test.each(UNSET)('leaves %s unset', (name) => {
    expect(load()[name as keyof Config]).toBeUndefined();
    expect(load({ [name]: ' ' })[name as keyof Config]).toBeUndefined();
  });
  test('and there is no other setting', () => {
    expect(Object.keys(MAINTENANCE_PROPERTIES).toSorted()).toEqual(
      [...Object.keys(DEFAULTS), ...UNSET].toSorted(),
    );
  });
  test('turns every job off that needs a place of others; the ledger is backed up in DATA_DIR', () => {
    const settings = maintenanceSettings(load({ DATA_DIR: '/var/lib/x', DATABASE_URL: 'postgres://h/d' }));
    expect(settings).toEqual({
      ...{ results: undefined, agedFiles: undefined, conversations: undefined, metricsUrl: undefined },
      backups: {
        directory: '/var/lib/x/backups',
        keep: 7,
        checkpoints: undefined,
        ledgerUrl: 'postgres://h/d',
      },
    });
  });
});

describe('what is set counts', () => {
  test.each([
    ['RESULTS_DIR', ' ~/results ', '~/results'],
    ['RESULTS_CLEANUP_INTERVAL_HOURS', '0.001', 0.001],
    ['RESULTS_CLEANUP_INTERVAL_HOURS', '8760', 8_760],
    ['RESULTS_LEFTOVER_HOURS', '87600', 87_600],
    ['METRICS_URL', 'http://127.0.0.1:8081/x', 'http://127.0.0.1:8081/x'],
    ['CHECKPOINT_DATABASE', 'sqlite:~/memory.db', 'sqlite:~/memory.db'],
    [
      'CHECKPOINT_DATABASE',
      'postgresql://u:p@h/d?options=-csearch_path%3Dx',
      'postgresql://u:p@h/d?options=-csearch_path%3Dx',
    ],
    ['CONVERSATION_RETENTION_DAYS', '36500', 36_500],
    ['CONVERSATION_RETENTION_DAYS', '1', 1],
    ['CONVERSATION_STRATEGY', 'keep_latest', 'keep_latest'],
    ['CONVERSATION_KEEP', ' a , b c,, ', ['a', 'b c']],
    ['BACKUP_DIR', '~/backups', join(homedir(), 'backups')],
    ['BACKUP_KEEP', '10000', 10_000],
    ['AGED_FILES_DIR', '/srv/audio', '/srv/audio'],
    ['AGED_FILES_GLOB', '[ab]?.{mp3,wav}', '[ab]?.{mp3,wav}'],
    ['AGED_FILES_MAX_HOURS', '0', 0],
    ['AGED_FILES_MAX_HOURS', '0.5', 0.5],
    ['MAINTENANCE_TASK_QUEUE', 'disks', 'disks'],
    ['TZ', 'Europe/Berlin', 'Europe/Berlin'],
    ['TZ', 'Etc/UTC', 'Etc/UTC'],
    ['TZ', 'Asia/Kolkata', 'Asia/Kolkata'],
  ] as const)('%s=%s', (name, text, value) => {
    expect(load({ [name]: text })[name]).toEqual(value);
  });

  test('in the units of the jobs, and ~ is the home directory', () => {
    const config = load({
      ...{ RESULTS_DIR: '~/results', RESULTS_LEFTOVER_HOURS: '0.5', METRICS_URL: 'http://h' },
      ...{ AGED_FILES_DIR: 'audio', AGED_FILES_MAX_HOURS: '1', DATA_DIR: './some/data', BACKUP_DIR: 'b' },
      ...{ CHECKPOINT_DATABASE: 'sqlite:~/memory.db', CONVERSATION_KEEP: 'x', BACKUP_KEEP: '2' },
    });
    const guarded = { home: homedir(), data: resolve('some/data') };
    const closed = { DATA_DIR: resolve('some/data'), BACKUP_DIR: resolve('b') };
    const database = { kind: 'sqlite', path: join(homedir(), 'memory.db') };
    expect(maintenanceSettings(config)).toEqual({
      results: { directory: '~/results', guarded, leftoverMs: 1_800_000 },
      metricsUrl: 'http://h',
      agedFiles: { directory: 'audio', guarded: { ...guarded, closed }, glob: '*.mp3', maxAgeMs: 3_600_000 },
      conversations: { database, retentionDays: 7, strategy: 'delete', keep: ['x'] },
      backups: { directory: resolve('b'), keep: 2, checkpoints: database, ledgerUrl: '' },
    });
    const relative = maintenanceSettings(load({ CHECKPOINT_DATABASE: 'sqlite:memory.db' }));
    expect(relative.conversations?.database).toEqual({ kind: 'sqlite', path: resolve('memory.db') });
    const url = 'postgres://u:p@h/d';
    const remote = maintenanceSettings(load({ CHECKPOINT_DATABASE: url }));
    expect(remote.conversations?.database).toEqual({ kind: 'postgres', url });
  });
});

const CRONS = ['CONVERSATION_CLEANUP_CRON', 'SESSION_CLEANUP_CRON', 'DATABASE_BACKUP_CRON'];
const GOOD_CRONS = [
  '0 3 * * *',
  '*/15 * * * *',
  '0 0-6/2 1,15 jan-MAR Mon,fri',
  '59 23 31 12 0-6',
  '0 3 29 2 *',
  'off',
];
const BAD_CRONS = [
  ...['3', '0 3 * *', '0 3 * * * *', '0 0 3 * * *', '@daily', 'every day', '0 3 * * *;'],
  ...['60 * * * *', '0 24 * * *', '0 3 0 * *', '0 3 32 * *', '0 3 * 13 *', '0 3 * * 8', '0 3 30 2 *'],
  ...[
    '*/0 * * * *',
    '-1 * * * *',
    '5-1 * * * *',
    '0 3 L * *',
    '0 3 * * 5#2',
    '0 3 * * 5L',
    '0 3 ? * *',
    '0 3 1W * *',
  ],
  ...['0 3 * foo *', '0 3 * * montag', 'Off', 'never', '0 3 * * *\n0 4 * * *'],
];

describe('a cron', () => {
  test.each(CRONS.flatMap((name) => GOOD_CRONS.map((cron) => [name, cron])))(
    '%s=%s',
    (name = '', cron = '') => {
      const setting = name === 'SESSION_CLEANUP_CRON' ? 'CONVERSATION_CLEANUP_CRON' : name;
      expect(load({ [name]: cron })[setting as keyof Config]).toBe(cron);
    },
  );
  test.each(CRONS.flatMap((name) => BAD_CRONS.map((cron) => [name, cron])))(
    'not %s=%s',
    (name = '', cron = '') => {
      expect(problemsWith({ [name]: cron })).toEqual([
        `${name}: must be a cron expression of five fields such as "0 2 * * *", or off, not "${cron}"`,
      ]);
    },
  );

  test('is when the job runs, in TZ; off = never', () => {
    const config = load({
      TZ: 'Europe/Berlin',
      SESSION_CLEANUP_CRON: 'off',
      RESULTS_CLEANUP_INTERVAL_HOURS: '0.25',
    });
    expect(jobTimings(config, timeZoneOf(config))).toEqual({
      'results-cleanup': { kind: 'interval', everySeconds: 900 },
      'aged-files-cleanup': { kind: 'interval', everySeconds: 3_600 },
      'conversations-cleanup': undefined,
      backups: { kind: 'cron', cron: '0 2 * * *', timeZone: 'Europe/Berlin' },
    });
    expect(timeZoneOf({})).toBe(Intl.DateTimeFormat().resolvedOptions().timeZone);
    expect(shortestPeriodSeconds('0 2 * * *', 'UTC')).toBe(86_400);
    expect(shortestPeriodSeconds('*/15 * * * *', 'UTC')).toBe(900);
  });
});

describe('garbage is one problem that names the variable', () => {
  const refused = (name: string, text: string): string => {
    const problems = problemsWith({ [name]: text });
    expect(problems).toEqual([expect.stringMatching(new RegExp(`^${name}: .`))]);
    return problems.join();
  };
  const NUMBERS: Readonly<Record<string, readonly string[]>> = {
    RESULTS_CLEANUP_INTERVAL_HOURS: ['0', '0.0009', '8760.1', '-1'],
    RESULTS_LEFTOVER_HOURS: ['-0.1', '87600.5'],
    CONVERSATION_RETENTION_DAYS: ['0', '-7', '1.5', '36501'],
    SESSION_RETENTION_DAYS: ['0', '-7', '1.5', '36501'],
    BACKUP_KEEP: ['0', '-1', '2.5', '10001'],
    AGED_FILES_MAX_HOURS: ['-1', '87600.5'],
  };
  test.each(
    Object.entries(NUMBERS).flatMap(([name, own]) =>
      [...own, 'x', '6h', '1,5', '0x10', 'NaN', 'Infinity', '1e400'].map((text) => [name, text]),
    ),
  )('%s=%s', (name = '', text = '') => {
    expect(refused(name, text)).toContain(`not "${text}"`);
  });

  test.each([
    ['CONVERSATION_STRATEGY', 'keep_all'],
    ['CONVERSATION_STRATEGY', 'DELETE'],
    ['METRICS_URL', 'localhost:8081'],
    ['METRICS_URL', 'metrics'],
    ['METRICS_URL', 'ftp://h/x'],
    ['METRICS_URL', 'http://user:pass@h'],
    ['METRICS_URL', 'http://h/?x=1'],
    ['AGED_FILES_GLOB', '*/*.mp3'],
    ['AGED_FILES_GLOB', '../*'],
    ['AGED_FILES_GLOB', '!*.mp3'],
    ['TZ', 'Mars/Olympus'],
    ['TZ', 'CET-1CEST'],
    ['TZ', '+02:00'],
    ['TZ', 'europe/berlin'],
    ['TZ', 'Europe/berlin'],
    ['TZ', ':/etc/localtime'],
  ])('%s=%s', (name, text) => {
    refused(name, text);
  });

  test.each([
    '/data/memory.db',
    'sqlite:',
    'sqlite',
    'mysql://u:hunter2@h/d',
    'postgres://u:hunter2@:x/d',
    'postgres://',
    'SQLITE:/hunter2',
  ])('CHECKPOINT_DATABASE=%s, which is not shown', (text) => {
    const said = refused('CHECKPOINT_DATABASE', text);
    expect(said).toBe('CHECKPOINT_DATABASE: must be sqlite:/path/to/file.db or postgres://…');
  });

  test('comes all at once', () => {
    const names = [
      ...Object.keys(NUMBERS).filter((name) => name !== 'SESSION_RETENTION_DAYS'),
      ...['CONVERSATION_STRATEGY', 'METRICS_URL', 'TZ', 'CHECKPOINT_DATABASE'],
      ...['CONVERSATION_CLEANUP_CRON', 'DATABASE_BACKUP_CRON'],
    ];
    const problems = problemsWith(Object.fromEntries(names.map((name) => [name, 'x'])));
    expect(problems.map((problem) => problem.split(':')[0]).toSorted()).toEqual(names.toSorted());
  });
});

describe('retention and cron of conversations have two names', () => {
  test.each([
    ['CONVERSATION_RETENTION_DAYS', 'SESSION_RETENTION_DAYS', '30', 30, '31'],
    ['CONVERSATION_CLEANUP_CRON', 'SESSION_CLEANUP_CRON', '0 4 * * *', '0 4 * * *', '0 5 * * *'],
  ] as const)('%s and %s', (own, second, text, value, another) => {
    expect(load({ [own]: text })[own]).toBe(value);
    expect(load({ [second]: text })[own]).toBe(value);
    expect(load({ [own]: `${text} `, [second]: ` ${text}` })[own]).toBe(value);
    expect(load({ [own]: text, [second]: ' ' })[own]).toBe(value);
    expect(problemsWith({ [own]: text, [second]: another })).toEqual([
      `${second}: is "${another}", but ${own}, another name of it, is "${text}"; set one of them`,
    ]);
  });
});

test('the database of conversations is hidden from every printer', () => {
  const config = load({ CHECKPOINT_DATABASE: 'postgres://u:hunter2@h/d' });
  expect(JSON.stringify({ config })).not.toContain('hunter2');
  expect(JSON.stringify({ config })).toContain('"CHECKPOINT_DATABASE":"[set]"');
});
