/** A restored database in the place of the old one: on a disk without hard links, and by somebody who is not root. */
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, linkSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { swapIn } from '../../../maintenance/backups/sqlite/swap.ts';
import { scrubbedEnv } from '../../support/scrub.ts';
import { isRoot, NOBODY } from './nobody.ts';
import { directory, file } from './tree.ts';

const SWAP_AS = join(import.meta.dirname, 'swap-as.ts');
const noLinks = () => {
  throw Object.assign(new Error('no hard links here'), { code: 'EPERM' });
};

function stage() {
  const root = directory();
  chmodSync(root, 0o777);
  const target = file(join(root, 'memory.db'), 'old');
  const incoming = file(join(root, 'incoming'), 'new');
  return { target, incoming, kept: join(root, 'kept') };
}

it('without hard links the old database itself stays, not a copy that may be torn, and its log goes before it', () => {
  const { target, incoming, kept } = stage();
  const { ino } = statSync(target);
  file(`${target}-wal`, 'log');
  const wasThere: boolean[] = [];
  const link = () => {
    wasThere.push(existsSync(target), existsSync(`${target}-wal`));
    return noLinks();
  };
  expect(swapIn(incoming, { target, kept }, link)).toBe(true);
  expect(wasThere).toEqual([true, true]);
  const texts = [target, kept, `${kept}-wal`].map((path) => readFileSync(path, 'utf8'));
  expect([...texts, existsSync(`${target}-wal`)]).toEqual(['new', 'old', 'log', false]);
  expect(statSync(kept).ino).toBe(ino);
});

it.each([
  ['with', linkSync],
  ['without', noLinks],
])(
  '%s hard links the old database is back, log and all, where the new one cannot take its place',
  (_what, how) => {
    const { target, incoming, kept } = stage();
    file(`${target}-wal`, 'log');
    const link: typeof linkSync = (from, to) => {
      rmSync(incoming);
      how(from, to);
    };
    expect(() => swapIn(incoming, { target, kept }, link)).toThrow('ENOENT');
    const texts = [target, `${target}-wal`].map((path) => readFileSync(path, 'utf8'));
    expect([...texts, existsSync(`${kept}-wal`)]).toEqual(['old', 'log', false]);
  },
);

it.each([
  ['with', undefined],
  ['without', noLinks],
])('a name that is taken is never written over (%s hard links)', (_what, link) => {
  const { target, incoming, kept } = stage();
  file(kept, 'precious');
  expect(() => swapIn(incoming, { target, kept }, link)).toThrow('EEXIST');
  expect([target, kept].map((path) => readFileSync(path, 'utf8'))).toEqual(['old', 'precious']);
});

it.runIf(isRoot)(
  'by one who cannot give it away: it goes to the group where that is one of his own, and says so',
  () => {
    const { target, incoming, kept } = stage();
    const SHARED = 54_321;
    chownSync(target, 12_345, SHARED);
    chmodSync(target, 0o660);
    chownSync(incoming, NOBODY, NOBODY);
    const args = [SWAP_AS, incoming, target, kept, String(SHARED)];
    const told = execFileSync(process.execPath, args, { env: scrubbedEnv(), encoding: 'utf8' });
    const now = statSync(target);
    expect([told, now.uid, now.gid, now.mode & 0o777]).toEqual(['false\n', NOBODY, SHARED, 0o660]);
  },
);
