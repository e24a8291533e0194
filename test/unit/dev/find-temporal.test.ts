import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { dirname, join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { PROJECT_ROOT } from '../../../dev/child-environment.ts';
import { NoTemporalError } from '../../../dev/temporal/binary.ts';
import { cachedBinary } from '../../../dev/temporal/cache.ts';
import { downloadTemporal } from '../../../dev/temporal/download.ts';
import { findTemporal } from '../../../dev/temporal/find.ts';
import { isRecentEnough, PINNED_VERSION } from '../../../dev/temporal/version.ts';
import { scratchDirectory } from '../../support/parts.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
}

/** Nobody listens there: it was free a moment ago. */
async function deadUrl(): Promise<string> {
  const url = await serve(() => undefined);
  const server = servers.pop();
  server?.close();
  return url;
}

const scratch = () => scratchDirectory('find-temporal');

function fakeBinary(path: string, version: string): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `#!/bin/sh\necho "temporal version ${version} (Server 0.0.0, UI 0.0.0)"\n`);
  chmodSync(path, 0o755);
  return path;
}

function archiveWith(version: string): Buffer {
  const directory = scratch();
  fakeBinary(join(directory, 'temporal'), version);
  execFileSync('tar', ['-czf', 'archive.tar.gz', 'temporal'], { cwd: directory });
  return readFileSync(join(directory, 'archive.tar.gz'));
}

/** A machine of its own: home, PATH with only the system's tools, no Go, no internet. */
async function machine(home = scratch()) {
  const lines: string[] = [];
  const tools = join(home, 'tools');
  mkdirSync(tools, { recursive: true });
  return {
    home,
    tools,
    lines,
    options: {
      configured: undefined as string | undefined,
      env: { HOME: home, XDG_CACHE_HOME: join(home, 'cache'), PATH: tools },
      progress: (line: string) => void lines.push(line),
      downloadBaseUrl: await deadUrl(),
    },
  };
}

test('the order: TEMPORAL_CLI, PATH, cache, download', async () => {
  const { home, tools, options } = await machine();
  const archive = archiveWith(PINNED_VERSION);
  const asked: string[] = [];
  options.downloadBaseUrl = await serve((request, response) => {
    asked.push(request.url ?? '');
    response.end(archive);
  });
  const cached = cachedBinary(options.env, PINNED_VERSION);

  const downloaded = await findTemporal(options);
  expect(downloaded).toEqual({ path: cached, version: PINNED_VERSION, source: 'download' });
  expect(asked[0]).toMatch(
    new RegExp(`^/cli/archive/v${PINNED_VERSION}\\?platform=(linux|darwin)&arch=(amd64|arm64)$`),
  );

  expect(await findTemporal(options)).toEqual({ path: cached, version: PINNED_VERSION, source: 'cache' });
  expect(asked).toHaveLength(1);

  const onPath = fakeBinary(join(tools, 'temporal'), '1.6.1');
  expect(await findTemporal(options)).toEqual({ path: onPath, version: '1.6.1', source: 'PATH' });

  const configured = fakeBinary(join(home, 'mine'), '1.7.0');
  expect(await findTemporal({ ...options, configured })).toEqual({
    path: configured,
    version: '1.7.0',
    source: 'TEMPORAL_CLI',
  });
});

test('a TEMPORAL_CLI that is too old or no binary is refused, not passed over', async () => {
  const { home, tools, options } = await machine();
  fakeBinary(join(tools, 'temporal'), '1.8.2');
  const old = fakeBinary(join(home, 'old'), '1.4.9');
  await expect(findTemporal({ ...options, configured: old })).rejects.toThrow(/1\.4\.9; at least 1\.5\.0/);
  await expect(findTemporal({ ...options, configured: join(home, 'none') })).rejects.toThrow(NoTemporalError);
});

test('a temporal on the PATH that is too old is passed over, with a word', async () => {
  const { tools, options, lines } = await machine();
  fakeBinary(join(tools, 'temporal'), '1.4.0');
  fakeBinary(cachedBinary(options.env, PINNED_VERSION), PINNED_VERSION);
  expect((await findTemporal(options)).source).toBe('cache');
  expect(lines.join()).toContain('1.4.0');
});

test('no network and no Go: one message with the ways out, and nothing half-made in the cache', async () => {
  const { options } = await machine();
  const error = await findTemporal(options).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(NoTemporalError);
  const message = String(error);
  for (const way of ['PATH', 'TEMPORAL_CLI', 'Go 1.26', 'TEMPORAL_ADDRESS', options.env.XDG_CACHE_HOME]) {
    expect(message).toContain(way);
  }
  expect(readdirSync(dirname(cachedBinary(options.env, PINNED_VERSION)))).toEqual([]);
});

test('two starters at once fetch it once', async () => {
  const { options } = await machine();
  const archive = archiveWith(PINNED_VERSION);
  let asked = 0;
  options.downloadBaseUrl = await serve((_request, response) => {
    asked += 1;
    response.end(archive);
  });
  const found = await Promise.all([findTemporal(options), findTemporal(options)]);
  expect(found.map(({ source }) => source).toSorted()).toEqual(['cache', 'download']);
  expect(asked).toBe(1);
});

test.each<[string, RequestListener, RegExp]>([
  ['refused', (_, response) => void response.writeHead(403).end(), /answered 403/],
  ['no answer', () => undefined, /no answer in time/],
  [
    'an answer that never ends',
    (_, response) => {
      response.write('x');
    },
    /too slow/,
  ],
  ['not an archive', (_, response) => void response.end('<html>'), /tar/],
  ['another version', (_, response) => void response.end(archiveWith('1.0.0')), /holds version 1\.0\.0/],
])('download: %s', async (_name, listener, expected) => {
  const directory = scratch();
  const target = join(directory, 'temporal');
  const baseUrl = await serve(listener);
  const isSlow = /no answer|too slow/.test(expected.source);
  const limits = isSlow
    ? { answerTimeoutMs: 500, totalTimeoutMs: 1_500 }
    : { answerTimeoutMs: 10_000, totalTimeoutMs: 15_000 };
  await expect(downloadTemporal({ version: PINNED_VERSION, target, baseUrl, ...limits })).rejects.toThrow(
    expected,
  );
  expect(existsSync(target)).toBe(false);
  expect(readdirSync(directory)).toEqual([]);
});

test('versions are compared by number', () => {
  expect(['1.5.0', '1.10.0', '2.0.0'].map(isRecentEnough)).toEqual([true, true, true]);
  expect(['1.4.99', '0.13.2'].map(isRecentEnough)).toEqual([false, false]);
});

test('the build is of the pinned version', () => {
  const module = readFileSync(join(PROJECT_ROOT, 'tools/temporal/go.mod'), 'utf8');
  expect(module).toMatch(new RegExp(`github\\.com/temporalio/cli v${PINNED_VERSION.replaceAll('.', '\\.')}`));
});
