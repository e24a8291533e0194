/** What lies in directories and how much space there is: measured in a thread, asked for one at a time. */
import { mkdirSync, renameSync, rmSync, statfsSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { directoriesOf, maintenanceSettings, watchDirectories } from '../../../maintenance/index.ts';
import { measure } from '../../../maintenance/watch/measure.ts';
import type { AskSpace } from '../../../maintenance/watch/spaces.ts';
import { directory, file } from './tree.ts';

const never = new AbortController().signal;
const goOn = () => undefined;

describe('a directory is measured', () => {
  it('with all below it, whatever it is called', () => {
    const root = directory();
    file(join(root, 'a'), 'x'.repeat(10));
    file(join(root, 'b/c/d'), 'x'.repeat(200));
    mkdirSync(join(root, 'empty'));
    writeFileSync(Buffer.concat([Buffer.from(`${root}/b/`), Buffer.from([0xff, 0xe9])]), 'xyz');
    expect(measure(root, goOn)).toEqual({ bytes: 213, files: 3 });
    expect(measure(join(root, 'empty'), goOn)).toEqual({ bytes: 0, files: 0 });
  });

  it('by way of a link to it, but never through one that lies in it', () => {
    const [root, outside] = [directory(), directory()];
    file(join(outside, 'large'), 'x'.repeat(5_000));
    file(join(root, 'own'), 'x');
    symlinkSync(outside, join(root, 'to a directory'));
    symlinkSync(join(outside, 'large'), join(root, 'to a file'));
    symlinkSync(root, join(outside, 'link'));
    expect(measure(join(outside, 'link'), goOn)).toEqual({ bytes: 1, files: 1 });
  });

  it('without a directory in whose place a link is put meanwhile, and without what vanishes', () => {
    const [root, outside] = [directory(), directory()];
    file(join(outside, 'large'), 'x'.repeat(5_000));
    for (const name of ['a', 'b', 'c']) file(join(root, name, 'own'), 'x');
    file(join(root, 'own'), 'xx');
    let steps = 0;
    const seen = measure(root, () => {
      steps += 1;
      // The first entry has been dealt with, and all of them have been read.
      if (steps !== 2) return;
      for (const name of ['a', 'b']) {
        renameSync(join(root, name), join(outside, name));
        symlinkSync(outside, join(root, name));
      }
      rmSync(join(root, 'c'), { recursive: true });
      rmSync(join(root, 'own'));
    });
    expect(steps).toBeGreaterThan(2);
    expect(seen?.bytes).toBeLessThan(5_000);
  });

  it('not where there is none, or a file', () => {
    const root = directory();
    expect(measure(join(root, 'none'), goOn)).toBeUndefined();
    expect(measure(file(join(root, 'file')), goOn)).toBeUndefined();
  });

  it('until it is asked to stop', () => {
    const root = directory();
    for (let n = 0; n < 10; n += 1) file(join(root, `${n}`));
    let steps = 0;
    const stop = () => {
      steps += 1;
      if (steps === 3) throw new Error('stopped');
    };
    expect(() => measure(root, stop)).toThrow('stopped');
    expect(steps).toBe(3);
  });
});

describe('directories are watched', () => {
  it('each by its name: content as last measured, space as it is now', async () => {
    const root = directory();
    file(join(root, 'one/a'), 'xxx');
    const list = [
      { name: 'one', path: join(root, 'one') },
      { name: 'two', path: join(root, 'two') },
    ];
    const watch = watchDirectories(list);
    const { bsize, blocks } = statfsSync(root);
    const space = { free: expect.any(Number), size: bsize * blocks };
    expect(await watch.read()).toEqual([{ name: 'one', space }, { name: 'two' }]);
    await watch.measure(never);
    expect(await watch.read()).toEqual([
      { name: 'one', space, content: { bytes: 3, files: 1 } },
      { name: 'two' },
    ]);
    file(join(root, 'two/b'), 'x');
    rmSync(join(root, 'one'), { recursive: true });
    await watch.measure(never);
    expect(await watch.read()).toEqual([
      { name: 'one' },
      { name: 'two', space, content: { bytes: 1, files: 1 } },
    ]);
  });

  it('not after they are to be let go of', async () => {
    const root = directory();
    const watch = watchDirectories([{ name: 'one', path: root }]);
    await watch.measure(AbortSignal.abort());
    expect(await watch.read()).toEqual([{ name: 'one', space: expect.any(Object) }]);
  });

  it('without asking a device that one of its directories has no answer from, and with all others', async () => {
    const asked: string[] = [];
    let isDead = false;
    const watch = watchDirectories(
      ['nfs 1', 'nfs 2', 'nfs 3', 'disk'].map((path) => ({ name: path, path })),
      (path) => {
        asked.push(path);
        const isNfs = path.startsWith('nfs');
        if (isNfs && isDead) return Promise.withResolvers<never>().promise;
        return Promise.resolve({ bsize: 10, bavail: 2, blocks: 3, dev: isNfs ? 7 : 8 });
      },
    );
    await watch.read();
    isDead = true;
    asked.length = 0;
    for (let times = 0; times < 2; times += 1) {
      expect((await watch.read()).filter(({ space }) => space !== undefined)).toMatchObject([
        { name: 'disk' },
      ]);
    }
    expect(asked).toEqual(['nfs 1', 'disk', 'disk']);
  });

  it('with two at most that do not answer: the threads of the pool are for others too', async () => {
    const asked: string[] = [];
    const watch = watchDirectories(
      ['a', 'b', 'c', 'd'].map((path) => ({ name: path, path })),
      (path) => {
        asked.push(path);
        return Promise.withResolvers<never>().promise;
      },
    );
    await watch.read();
    expect((await watch.read()).map(({ space }) => space)).toEqual(Array(4).fill(undefined));
    expect(asked).toEqual(['a', 'b']);
  });

  it('without asking again where a file system does not answer, and with those that did', async () => {
    const asked: string[] = [];
    const stuck = Promise.withResolvers<Awaited<ReturnType<AskSpace>>>();
    const watch = watchDirectories(
      ['good', 'bad', 'behind'].map((path) => ({ name: path, path })),
      (path) => {
        asked.push(path);
        if (path === 'bad') return stuck.promise;
        return Promise.resolve({ bsize: 10, bavail: 2, blocks: 3, dev: 1 });
      },
    );
    const space = { free: 20, size: 30 };
    const shown = [{ name: 'good', space }, { name: 'bad' }, { name: 'behind', space }];
    const first = watch.read();
    expect(await watch.read()).toEqual(shown);
    await first;
    expect(asked).toEqual(['good', 'bad', 'behind']);
    expect(await watch.read()).toEqual(shown);
    expect(asked).toEqual(['good', 'bad', 'behind', 'good', 'behind']);
    stuck.reject(new Error('gone'));
    await watch.read();
    expect(asked.filter((path) => path === 'bad')).toHaveLength(2);
  });
});

describe('the directories of a process', () => {
  const config = {
    ...{ RESULTS_LEFTOVER_HOURS: 0, CONVERSATION_RETENTION_DAYS: 7, CONVERSATION_STRATEGY: 'delete' },
    ...{ CONVERSATION_KEEP: [], BACKUP_KEEP: 7, AGED_FILES_GLOB: '*.mp3', AGED_FILES_MAX_HOURS: 24 },
  };

  it('are those of its jobs and its own', async () => {
    const root = directory();
    const DATA_DIR = join(root, 'data');
    const settings = maintenanceSettings({
      ...{ ...config, DATA_DIR, RESULTS_DIR: join(root, 'results'), AGED_FILES_DIR: join(root, 'aged') },
      BACKUP_DIR: join(root, 'backups'),
    });
    expect(await directoriesOf(settings, DATA_DIR)).toEqual([
      { name: 'results', path: join(root, 'results') },
      { name: 'aged-files', path: join(root, 'aged') },
      { name: 'backups', path: join(root, 'backups') },
      { name: 'spool', path: join(DATA_DIR, 'spool') },
      { name: 'data', path: DATA_DIR },
    ]);
  });

  it('leave out jobs that are off, and directories that are refused', async () => {
    const DATA_DIR = directory();
    const settings = maintenanceSettings({ ...config, DATA_DIR, RESULTS_DIR: '/' });
    expect((await directoriesOf(settings, DATA_DIR)).map(({ name }) => name)).toEqual([
      ...['backups', 'spool', 'data'],
    ]);
  });
});
