import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { controlSimulator } from '../../../simulator/control-client.ts';
import { startSimulator } from '../../../simulator/index.ts';
import { kill9, scratchDirectory, startProgram } from '../../support/parts.ts';
import { scrubbedEnv } from '../../support/scrub.ts';
import { until } from '../../support/until.ts';
import { collect, sdkFor, textFile } from './simulator-fixture.ts';

async function startChild(dataDir: string) {
  const args = ['--port', '0', '--data-dir', dataDir];
  const part = await startProgram({
    name: 'simulator',
    script: 'simulator/main.ts',
    args,
    env: scrubbedEnv(),
  });
  const baseUrl = await until(() => /ready: (http:\S+)/.exec(part.logTail(5))?.[1], {
    describe: 'the ready line',
  });
  return { part, baseUrl };
}

describe('durable state', () => {
  it('survives a restart: stores, files, contents, attachments, deletions', async () => {
    const stateFile = join(scratchDirectory('simulator'), 'state.jsonl');
    const before = await startSimulator({ stateFile });
    const sdk = sdkFor(before.baseUrl);
    const file = await sdk.files.create({ file: textFile('kept'), purpose: 'user_data' });
    const kept = await sdk.vectorStores.create({ metadata: { lease_id: 'k' }, file_ids: [file.id] });
    const deleted = await sdk.vectorStores.create({});
    await sdk.vectorStores.delete(deleted.id);
    await controlSimulator(before.url).expire(kept.id);
    const shown = await sdk.vectorStores.retrieve(kept.id);
    await before.close();

    const after = await startSimulator({ stateFile });
    const again = sdkFor(after.baseUrl);
    expect(await again.vectorStores.retrieve(kept.id)).toEqual(shown);
    expect(shown.status).toBe('expired');
    expect(await (await again.files.content(file.id)).text()).toBe('kept');
    expect((await collect(again.vectorStores.files.list(kept.id))).map(({ id }) => id)).toEqual([file.id]);
    await expect(again.vectorStores.retrieve(deleted.id)).rejects.toMatchObject({ status: 404 });
    const made = await again.vectorStores.create({});
    expect([kept.id, deleted.id]).not.toContain(made.id);
    expect((await collect(again.vectorStores.list())).map(({ id }) => id)).toEqual([made.id, kept.id]);
    await after.close();
  });

  it('drops a line torn by a crash, and does not grow over restarts', async () => {
    const stateFile = join(scratchDirectory('simulator'), 'state.jsonl');
    const first = await startSimulator({ stateFile });
    const { vectorStores } = sdkFor(first.baseUrl);
    const { id } = await vectorStores.create({});
    for (let n = 0; n < 5; n += 1) await vectorStores.delete((await vectorStores.create({})).id);
    await first.close();
    appendFileSync(stateFile, '{"put":"store","value":{"id":"vs_te');
    const second = await startSimulator({ stateFile });
    expect((await controlSimulator(second.url).state()).stores.map((store) => store.id)).toEqual([id]);
    await second.close();
    expect(readFileSync(stateFile, 'utf8').trim().split('\n')).toHaveLength(1);
  });

  it('survives kill -9 of the process: whatever was answered is there', async () => {
    const dataDir = scratchDirectory('simulator');
    const first = await startChild(dataDir);
    const { vectorStores } = sdkFor(first.baseUrl);
    const made = await Promise.all(Array.from({ length: 20 }, () => vectorStores.create({})));
    await vectorStores.delete(made[0]?.id ?? '');
    await kill9(first.part);

    const second = await startChild(dataDir);
    const { stores } = await controlSimulator(second.baseUrl).state();
    expect(stores.map(({ id }) => id).toSorted()).toEqual(
      made
        .slice(1)
        .map(({ id }) => id)
        .toSorted(),
    );
  });
});

describe('the command', () => {
  it.each([
    ['an unknown flag', ['--prot', '1'], '--prot'],
    ['a port that is no number', ['--port', 'x'], '--port'],
    ['a host off loopback', ['--host', '0.0.0.0', '--in-memory', '--port', '0'], 'loopback only'],
  ])('ends with 2 on %s', async (_what, args, message) => {
    const part = await startProgram({
      name: 'simulator',
      script: 'simulator/main.ts',
      args,
      env: scrubbedEnv(),
    });
    expect(await part.ended).toBe('code 2');
    expect(part.logTail(20)).toContain(message);
  });

  it('ends with 0 on SIGTERM', async () => {
    const { part } = await startChild(scratchDirectory('simulator'));
    part.signal('SIGTERM');
    expect(await part.ended).toBe('code 0');
  });
});
