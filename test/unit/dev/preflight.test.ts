import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { PROJECT_ROOT } from '../../../dev/child-environment.ts';
import { scratchDirectory } from '../../support/parts.ts';

const PREFLIGHT = join(PROJECT_ROOT, 'dev/preflight.js');
/** Where machines keep a Node of their own; the test needs one that is not 24. */
const MACHINE_NODES = ['/usr/bin/node', '/usr/local/bin/node', '/opt/homebrew/bin/node'];

async function run(node: string, script: string) {
  try {
    const { stderr } = await promisify(execFile)(node, [script]);
    return { code: 0, stderr };
  } catch (error) {
    return error as { code: number; stderr: string };
  }
}

async function olderNode(): Promise<string | undefined> {
  for (const node of MACHINE_NODES.filter((path) => existsSync(path))) {
    const { stdout } = await promisify(execFile)(node, ['--version']);
    if (!stdout.startsWith('v24.')) return node;
  }
  return undefined;
}

/** A checkout that holds only the preflight, and what is listed. */
function checkoutWith(...files: string[]): string {
  const root = scratchDirectory('preflight');
  mkdirSync(join(root, 'dev'));
  cpSync(PREFLIGHT, join(root, 'dev/preflight.js'));
  cpSync(join(PROJECT_ROOT, 'package.json'), join(root, 'package.json'));
  for (const file of files) {
    mkdirSync(join(root, file, '..'), { recursive: true });
    writeFileSync(join(root, file), '');
  }
  return join(root, 'dev/preflight.js');
}

test('says nothing where all is well', async () => {
  expect(await run(process.execPath, PREFLIGHT)).toEqual({ code: 0, stderr: '' });
});

test('missing packages: names npm ci', async () => {
  const { code, stderr } = await run(process.execPath, checkoutWith());
  expect(code).toBe(2);
  expect(stderr).toContain('npm ci');
});

test('another Node: names both versions and the npm scripts', async ({ skip }) => {
  const node = await olderNode();
  if (node === undefined) return skip('no other Node on this machine');
  const { code, stderr } = await run(node, PREFLIGHT);
  expect(code).toBe(2);
  expect(stderr).toMatch(/runs on Node 24; it was started with Node \d+\./);
  expect(stderr).toContain('npm scripts');
});

test('another Node, and install scripts were blocked: says so', async ({ skip }) => {
  const node = await olderNode();
  if (node === undefined) return skip('no other Node on this machine');
  const { code, stderr } = await run(node, checkoutWith('node_modules/fastify/package.json'));
  expect(code).toBe(2);
  expect(stderr).toContain('--ignore-scripts');
});
