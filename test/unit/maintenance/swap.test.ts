/** A restored database in the place of the old one: on a disk without hard links, and by somebody who is not root. */
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { swapIn } from '../../../maintenance/backups/sqlite/swap.ts';
import { scrubbedEnv } from '../../support/scrub.ts';
import { directory, file } from './tree.ts';

const SWAP_AS = join(import.meta.dirname, 'swap-as.ts');
const isRoot = process.getuid?.() === 0;
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

it.each([
  ['nobody else has open: a copy of it stays, and there is a database at every moment', true],
  ['others may be writing to: it stays itself, and no copy that would be torn', false],
])('without hard links, a database that %s', (_what, held) => {
  const { target, incoming, kept } = stage();
  const { ino } = statSync(target);
  let wasThere = false;
  const link = () => {
    wasThere = existsSync(target);
    return noLinks();
  };
  expect(swapIn(incoming, { target, kept }, { held, link })).toBe(true);
  expect(wasThere).toBe(true);
  expect([target, kept].map((path) => readFileSync(path, 'utf8'))).toEqual(['new', 'old']);
  expect(statSync(kept).ino === ino).toBe(!held);
});

it('a name that is taken is never written over', () => {
  const { target, incoming, kept } = stage();
  file(kept, 'precious');
  expect(() => swapIn(incoming, { target, kept }, { held: false })).toThrow('EEXIST');
  expect([target, kept].map((path) => readFileSync(path, 'utf8'))).toEqual(['old', 'precious']);
});

it.runIf(isRoot)(
  'by one who cannot give it away: it goes to the group where that is one of his own, and says so',
  () => {
    const { target, incoming, kept } = stage();
    const SHARED = 54_321;
    chownSync(target, 12_345, SHARED);
    chmodSync(target, 0o660);
    chownSync(incoming, 65_534, 65_534);
    const args = [SWAP_AS, incoming, target, kept, String(SHARED)];
    const told = execFileSync(process.execPath, args, { env: scrubbedEnv(), encoding: 'utf8' });
    const now = statSync(target);
    expect([told, now.uid, now.gid, now.mode & 0o777]).toEqual(['false\n', 65_534, SHARED, 0o660]);
  },
);
