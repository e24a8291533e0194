import { once } from 'node:events';
import { readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ConfigError } from '../../../config/index.ts';
import { inspectProcess } from '../../../dev/processes/inspect.ts';
import { startPart } from '../../../dev/processes/part.ts';
import { LockedError, takeLock } from '../../../dev/processes/pid-lock.ts';
import { describePortHolder } from '../../../dev/processes/port-holder.ts';
import { claimApiPort } from '../../../dev/stack/api-port.ts';
import { openDataDirectory } from '../../../dev/stack/data-directory.ts';
import { adopt, kill9, scratchDirectory } from '../../support/parts.ts';
import { freePort } from '../../support/programs.ts';
import { scrubbedEnv } from '../../support/scrub.ts';
import { until } from '../../support/until.ts';

const scratch = () => scratchDirectory('locks');

async function listener(port: number, host: string) {
  const script = `require('net').createServer().listen(${port}, '${host}', () => console.log('listening'))`;
  const part = adopt(
    await startPart({
      name: 'listener',
      command: process.execPath,
      args: ['-e', script],
      env: {},
      log: join(scratch(), 'log'),
    }),
  );
  await until(() => part.logTail().includes('listening'), { describe: 'listener up' });
  return part;
}

test.each(['127.0.0.1', '::1'])(
  'the holder of a port on %s is named by pid and command line',
  async (host) => {
    const port = await freePort();
    const holder = await listener(port, host);
    expect(describePortHolder(port)).toBe(`process ${holder.pid} (${holder.commandLine})`);
    await kill9(holder);
  },
);

test('a taken api port is a configuration problem that names the holder', async () => {
  const port = await freePort();
  const holder = await listener(port, '127.0.0.1');
  const error = await claimApiPort('127.0.0.1', port).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(ConfigError);
  expect(String(error)).toContain(`PORT: 127.0.0.1:${port} is taken by process ${holder.pid}`);
  await kill9(holder);
});

test('a free api port stays free for the api; 0 picks one', async () => {
  const port = await freePort();
  expect(await claimApiPort('127.0.0.1', port)).toBe(port);
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  server.close();
  expect(await claimApiPort('localhost', 0)).toBeGreaterThan(0);
});

test('a host that is not ours is a configuration problem too', async () => {
  // 192.0.2.0/24 is reserved for documentation (RFC 5737).
  await expect(claimApiPort('192.0.2.1', 0)).rejects.toThrow(/cannot listen on 192\.0\.2\.1/);
});

/** A process of its own that reserves a port: `get-port` also remembers what this very process was given. */
async function reserver(preferred: number) {
  const module = new URL('../../../dev/stack/reserve-port.ts', import.meta.url).href;
  const script = `import { reservePort } from '${module}'; console.log(await reservePort(${preferred}));
    setInterval(() => undefined, 1000);`;
  const args = ['--input-type=module', '-e', script];
  const log = join(scratch(), 'log');
  const part = adopt(
    await startPart({ name: 'reserver', command: process.execPath, args, env: scrubbedEnv(), log }),
  );
  const reserved = await until(() => Number(part.logTail()) || null, { describe: 'a port reserved' });
  return { part, reserved };
}

test('two stacks that start at once do not choose the same helper port', async () => {
  const preferred = await freePort();
  const first = await reserver(preferred);
  expect(first.reserved).toBe(preferred);
  const second = await reserver(preferred);
  expect(second.reserved).not.toBe(preferred);
  await kill9(first.part);
  const third = await reserver(preferred);
  expect(third.reserved).toBe(preferred);
});

test('a lock is held until it is released', () => {
  const file = join(scratch(), 'lock');
  const release = takeLock(file);
  expect(() => takeLock(file)).toThrow(LockedError);
  release();
  takeLock(file)();
  expect(readdirSync(join(file, '..'))).toEqual([]);
});

test.each([
  ['a dead process', { pid: 2 ** 30, startTime: 'long ago', commandLine: 'node dev/start.ts' }],
  ['another process that got the pid', { ...inspectProcess(process.pid), startTime: 'long ago' }],
])('a lock of %s is taken over', (_name, holder) => {
  const file = join(scratch(), 'lock');
  writeFileSync(file, JSON.stringify(holder));
  const release = takeLock(file);
  expect(() => takeLock(file)).toThrow(LockedError);
  release();
});

test('a lock that holds nothing readable is taken over', () => {
  const file = join(scratch(), 'lock');
  writeFileSync(file, '');
  takeLock(file)();
});

test('a data directory in use is a configuration problem that names the holder', async () => {
  const directory = scratch();
  const first = await openDataDirectory(directory, () => undefined);
  const second = await openDataDirectory(directory, () => undefined).catch((reason: unknown) => reason);
  expect(second).toBeInstanceOf(ConfigError);
  expect(String(second)).toContain(`DATA_DIR: ${directory} is in use by process ${process.pid} (`);
  first.release();
  (await openDataDirectory(directory, () => undefined)).release();
});

test('a data directory that cannot be made is a configuration problem', async () => {
  const file = join(scratch(), 'file');
  writeFileSync(file, '');
  await expect(openDataDirectory(file, () => undefined)).rejects.toThrow(ConfigError);
});
