/** What api and worker say, and how they end, when they are told to do something impossible. */
import { expect, it } from 'vitest';
import { readFileSync } from 'node:fs';
import { startProgram } from '../support/parts.ts';
import { scrubbedEnv } from '../support/scrub.ts';
import { trap } from '../support/trap.ts';

const PROGRAMS = ['api/main.ts', 'worker/main.ts'];

/** Runs a program to its end; what it prints must be the message and nothing else. */
async function refused(script: string, settings: Readonly<Record<string, string>>): Promise<string> {
  const part = await startProgram({ name: 'refused', script, env: { ...scrubbedEnv(), ...settings } });
  expect(await part.ended).toBe('code 2');
  return readFileSync(part.log, 'utf8');
}

const elsewhere = await trap();
const SERVERS = {
  DATABASE_URL: elsewhere.url.replace('http', 'postgres'),
  TEMPORAL_ADDRESS: elsewhere.url.replace('http://', ''),
};

it.each(PROGRAMS)('%s names every problem in one message', async (script) => {
  const said = await refused(script, {
    PORT: '99999',
    LEASE_SECONDS: '0',
    TEST_MODE: 'maybe',
    LOG_LEVEL: 'loud',
    ACQUIRE_TIMEOUT_SECONDS: '1.5',
    HOST: '0.0.0.0',
    OPENAI_BASE_URL: 'ftp://provider.example',
    DATABASE_URL: 'mysql://db.example/x',
    TEMPORAL_ADDRESS: 'http://temporal.example:7233',
    CORS_ORIGINS: 'https://ok.example,nonsense/x',
    OPENAI_API_KEY: 'sk-proj-not-to-be-printed',
    API_TOKEN: '',
  });
  const names = [
    ...['PORT', 'LEASE_SECONDS', 'TEST_MODE', 'LOG_LEVEL', 'ACQUIRE_TIMEOUT_SECONDS', 'HOST'],
    ...['OPENAI_BASE_URL', 'DATABASE_URL', 'TEMPORAL_ADDRESS', 'CORS_ORIGINS'],
  ];
  for (const name of names) expect(said).toMatch(new RegExp(`^  - ${name}: `, 'm'));
  expect(said.match(/^ {2}- /gm)).toHaveLength(names.length);
  expect(said).not.toContain('not-to-be-printed');
  expect(said).not.toMatch(/\n\s+at /);
});

it.each(PROGRAMS)('%s without a key and without TEST_MODE names both ways out', async (script) => {
  const said = await refused(script, SERVERS);
  expect(said).toMatch(/OPENAI_API_KEY.*TEST_MODE=true/);
  expect(said.match(/^ {2}- /gm)).toHaveLength(1);
});

it.each(PROGRAMS)('%s without servers says which it needs, and who brings them along', async (script) => {
  const said = await refused(script, { TEST_MODE: 'true' });
  for (const name of ['DATABASE_URL', 'TEMPORAL_ADDRESS', 'SIMULATOR_URL', 'npm start']) {
    expect(said).toContain(name);
  }
});

it.each(['0.0.0.0', '::', '192.168.1.7', 'leases.example', '127.0.0.1.example'])(
  'the api does not listen on %s without a token',
  async (HOST) => {
    const said = await refused('api/main.ts', {
      ...SERVERS,
      HOST,
      TEST_MODE: 'true',
      SIMULATOR_URL: `${elsewhere.url}/v1`,
    });
    expect(said).toMatch(
      new RegExp(`^  - HOST: ${HOST.replaceAll('.', '\\.')} .*API_TOKEN.*ALLOW_UNAUTHENTICATED`, 'm'),
    );
  },
);

it('nobody asked a server before the settings were right', () => {
  expect(elsewhere.connections()).toBe(0);
});
