/** Which directories a job may be let loose on. */
import { mkdirSync, symlinkSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { resolveDirectory, type Guarded } from '../../../maintenance/index.ts';
import { directory } from './tree.ts';

function places() {
  const root = directory();
  const [home, data, results] = ['home', 'data', 'home/results'].map((name) => join(root, name)) as [
    string,
    string,
    string,
  ];
  for (const path of [home, data, results]) mkdirSync(path);
  return { root, home, data, results, guarded: { home, data } };
}

describe('a directory', () => {
  it('is resolved, however it is written', async () => {
    const { root, data, results, guarded } = places();
    symlinkSync(results, join(root, 'link'));
    const here = relative(process.cwd(), results);
    for (const written of [
      results,
      `${results}/`,
      `${results}/../results/.`,
      '~/results',
      join(root, 'link'),
      here,
    ]) {
      expect(await resolveDirectory(written, guarded), written).toEqual({
        ...{ kind: 'directory', path: results, exists: true },
      });
    }
    expect(await resolveDirectory('~/none/x', guarded)).toMatchObject({
      path: join(root, 'home/none/x'),
      exists: false,
    });
    // What is not there yet is called as it will be.
    for (const written of [join(root, 'link', 'later', 'x'), '~/results/later/x']) {
      const later = { kind: 'directory', path: join(results, 'later', 'x') };
      expect(await resolveDirectory(written, guarded)).toEqual({ ...later, exists: false });
    }
    mkdirSync(join(results, 'later', 'x'), { recursive: true });
    expect(await resolveDirectory(join(root, 'link', 'later', 'x'), guarded)).toMatchObject({ exists: true });
    expect(await resolveDirectory(join(data, 'results'), guarded)).toMatchObject({ kind: 'directory' });
  });

  it('is refused where it is the root, the home or DATA_DIR, or above them, however it is written', async () => {
    const { root, home, data, results, guarded } = places();
    symlinkSync(home, join(root, 'to-home'));
    symlinkSync('/', join(root, 'to-root'));
    symlinkSync(data, join(results, 'to-data'));
    symlinkSync(root, join(results, 'to-top'));
    const refused: readonly (readonly [written: string, why: RegExp])[] = [
      ['/', /root directory/],
      ['//', /root directory/],
      ['/tmp/..', /root directory/],
      [join(root, 'to-root'), /root directory/],
      ['~', /home directory/],
      ['~/', /home directory/],
      ['~/results/..', /home directory/],
      [home, /home directory/],
      [join(root, 'to-home'), /home directory/],
      [data, /DATA_DIR/],
      [`${data}/`, /DATA_DIR/],
      ['~/results/to-data', /DATA_DIR/],
      [root, /above the home directory/],
      [join(data, '..'), /above the home directory/],
      ['~/..', /above the home directory/],
      [join(results, 'to-top'), /above the home directory/],
      ['~root', /only ~/],
    ];
    for (const [written, why] of refused) {
      const resolution = await resolveDirectory(written, guarded);
      expect(resolution, written).toEqual({ kind: 'refused', reason: expect.stringMatching(why) });
    }
  });

  it('is refused above DATA_DIR alone, and not for a name that only begins like it', async () => {
    const { root, home, data } = places();
    const deep = { home: join(root, 'elsewhere'), data: join(data, 'deep', 'er') };
    for (const path of [data, join(data, 'deep')]) {
      expect(await resolveDirectory(path, deep)).toEqual({
        ...{ kind: 'refused', reason: `${path} is above DATA_DIR` },
      });
    }
    for (const path of [join(data, 'de'), join(data, 'deep', 'er 2'), home]) {
      expect(await resolveDirectory(path, deep)).toMatchObject({ kind: 'directory' });
    }
  });

  it('is refused in what is closed to a job, and below', async () => {
    const { root, home, data, guarded } = places();
    const backups = join(root, 'backups');
    mkdirSync(join(data, 'spool'));
    symlinkSync(join(data, 'spool'), join(root, 'to-spool'));
    const closing = { ...guarded, closed: { DATA_DIR: data, BACKUP_DIR: backups } };
    for (const [path, why] of [
      [data, 'is DATA_DIR'],
      [join(data, 'spool'), 'is in DATA_DIR'],
      [join(data, 'later', 'on'), 'is in DATA_DIR'],
      [join(root, 'to-spool'), 'is in DATA_DIR'],
      [backups, 'is BACKUP_DIR'],
      [join(backups, 'x'), 'is in BACKUP_DIR'],
    ] as const) {
      expect(await resolveDirectory(path, closing)).toEqual({ kind: 'refused', reason: `${path} ${why}` });
    }
    for (const path of [join(root, 'backups 2'), join(home, 'results')]) {
      expect(await resolveDirectory(path, closing)).toMatchObject({ kind: 'directory' });
    }
    expect(await resolveDirectory(join(data, 'spool'), guarded)).toMatchObject({ kind: 'directory' });
  });

  it('is refused by what it leads to, also where home or DATA_DIR are links, or not there yet', async () => {
    const { root, home, data } = places();
    symlinkSync(home, join(root, 'home-link'));
    symlinkSync(data, join(root, 'data-link'));
    const links = { home: join(root, 'home-link'), data: join(root, 'data-link') };
    expect(await resolveDirectory(home, links)).toMatchObject({ kind: 'refused' });
    expect(await resolveDirectory(data, links)).toMatchObject({ kind: 'refused' });
    const later = { home, data: join(root, 'later') };
    expect(await resolveDirectory(join(root, 'x', '..', 'later'), later)).toMatchObject({ kind: 'refused' });
  });
});

describe('a file system that does not answer', () => {
  /** Stands still at one path until it is let go of. */
  function stuckAt(path: string) {
    const answer = Promise.withResolvers<string>();
    const asked: string[] = [];
    const ask = (one: string) => {
      asked.push(one);
      return one === path ? answer.promise : realpath(one);
    };
    return {
      asked,
      answer,
      resolve: (guarded: Guarded) => resolveDirectory(path, guarded, { ask, limitMs: 20 }),
    };
  }

  it('is given up, is asked once for as long as it does, and anew after that', async () => {
    const { results, guarded } = places();
    const { asked, answer, resolve } = stuckAt(results);
    const silent = { kind: 'silent', path: results, reason: `${results} does not answer` };
    const many = () => Promise.all(Array.from({ length: 9 }, () => resolve(guarded)));
    for (const resolution of [...(await many()), ...(await many())]) expect(resolution).toEqual(silent);
    expect(asked).toEqual([results]);
    answer.resolve(results);
    await answer.promise;
    const found = { kind: 'directory', path: results, exists: true };
    expect(await resolveDirectory(results, guarded)).toEqual(found);
    expect(await resolve(guarded)).toEqual(found);
    expect(asked.filter((path) => path === results)).toHaveLength(2);
  });

  it('may be that of a guarded directory, or say at last that nothing is there', async () => {
    const { home, results, guarded } = places();
    const ofHome = stuckAt(home);
    const ask = (path: string) => (path === home ? ofHome.answer.promise : realpath(path));
    expect(await resolveDirectory(results, guarded, { ask, limitMs: 20 })).toMatchObject({ kind: 'silent' });
    ofHome.answer.resolve(home);
    const none = stuckAt(join(results, 'none'));
    expect(await none.resolve(guarded)).toMatchObject({ kind: 'silent' });
    none.answer.reject(new Error('gone'));
    await expect(none.answer.promise).rejects.toThrow('gone');
    const later = { kind: 'directory', path: join(results, 'none'), exists: false };
    expect(await resolveDirectory(join(results, 'none'), guarded)).toEqual(later);
  });
});
