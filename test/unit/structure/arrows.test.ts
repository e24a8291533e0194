/** The lint must reject every arrow between rooms that the design does not draw, and none that it draws. */
import { join } from 'node:path';
import { ESLint } from 'eslint';
import tseslint from 'typescript-eslint';
import { beforeAll, describe, expect, it } from 'vitest';
import { REPOSITORY } from './repository.ts';

/** The table "Rooms", written down a second time on purpose: a slip in eslint.config.js must not pass unseen. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  domain: [],
  contract: ['domain'],
  config: ['domain'],
  telemetry: ['domain'],
  ledger: ['domain'],
  providers: ['domain'],
  deletion: ['domain', 'ledger', 'providers', 'telemetry'],
  leases: ['domain', 'ledger', 'providers', 'telemetry', 'deletion'],
  files: ['domain', 'ledger', 'providers', 'telemetry', 'deletion'],
  maintenance: ['domain', 'ledger', 'providers', 'telemetry', 'deletion'],
  workflows: ['domain'],
  activities: ['domain', 'leases', 'files', 'maintenance'],
  'api/routes': ['domain', 'contract', 'leases', 'files', 'maintenance', 'telemetry'],
  simulator: ['domain'],
};
const ROOMS = [
  ...[
    'domain',
    'contract',
    'config',
    'telemetry',
    'ledger',
    'providers',
    'deletion',
    'leases',
    'files',
    'maintenance',
    'workflows',
    'activities',
  ],
  ...['worker', 'api', 'operator', 'simulator', 'dev', 'test', 'bench'],
];
/** The composition roots see everything that ships but one another. */
const ROOTS: Readonly<Record<string, readonly string[]>> = {
  worker: ['api', 'operator', 'simulator', 'dev', 'test', 'bench'],
  api: ['worker', 'activities', 'operator', 'simulator', 'dev', 'test', 'bench'],
  operator: ['worker', 'activities', 'workflows', 'api', 'simulator', 'dev', 'test', 'bench'],
};

// Planted files exist nowhere, so there are no types to ask for; neither the arrows nor cycles need any.
const languageOptions = { parserOptions: { projectService: false, project: false, program: null } };
const overrideConfig = [{ ...tseslint.configs.disableTypeChecked, languageOptions }];

let lint: ESLint;
beforeAll(() => {
  lint = new ESLint({ cwd: REPOSITORY, overrideConfig });
});

/** Rules that the text breaks when it stands in that file. */
async function broken(filePath: string, text: string): Promise<readonly string[]> {
  const [result] = await lint.lintText(text, { filePath: join(REPOSITORY, filePath) });
  if (result === undefined) throw new Error(`${filePath} is not linted at all`);
  expect(result.fatalErrorCount, JSON.stringify(result.messages)).toBe(0);
  return result.messages.map((message) => message.ruleId ?? 'none');
}

const RESTRICTED = '@typescript-eslint/no-restricted-imports';
const value = (specifier: string) => `import { x } from '${specifier}';\nexport const y = x;\n`;
const typeOnly = (specifier: string) => `import type { X } from '${specifier}';\nexport type Y = X;\n`;
const up = (folder: string) => '../'.repeat(folder.split('/').length);

const forbidden: [from: string, to: string][] = [];
const allowed: [from: string, to: string][] = [];
for (const [from, rooms] of Object.entries(MAY_IMPORT)) {
  for (const to of ROOMS.filter((room) => room !== from.split('/')[0])) {
    (rooms.includes(to) ? allowed : forbidden).push([from, to]);
  }
}
for (const [from, rooms] of Object.entries(ROOTS)) {
  for (const to of ROOMS.filter((room) => room !== from)) {
    (rooms.includes(to) ? forbidden : allowed).push([from, to]);
  }
}
for (const from of ['dev', 'test', 'bench'])
  for (const to of ROOMS) if (to !== from) allowed.push([from, to]);

describe('arrows between rooms', { timeout: 60_000 }, () => {
  it('are forbidden unless drawn', async () => {
    const passed: string[] = [];
    for (const [from, to] of forbidden) {
      const specifier = `${up(from)}${to}/planted-part.ts`;
      const texts = [value(specifier), `export * from '${specifier}';\n`, typeOnly(specifier)];
      for (const [index, text] of texts.entries()) {
        // Types of the configuration and of the log are common ground, see the test below.
        if (index === 2 && (to === 'config' || to === 'telemetry')) continue;
        if (!(await broken(`${from}/planted.ts`, text)).includes(RESTRICTED))
          passed.push(`${from} → ${text}`);
      }
    }
    expect(passed).toEqual([]);
    expect(forbidden.length).toBeGreaterThan(100);
  });

  it('pass where drawn', async () => {
    const refused: string[] = [];
    for (const [from, to] of allowed) {
      const text = value(`${up(from)}${to}/planted-part.ts`);
      if ((await broken(`${from}/planted.ts`, text)).includes(RESTRICTED)) refused.push(`${from} → ${to}`);
    }
    expect(refused).toEqual([]);
  });

  it.each([
    ['leases/planted.ts', '../activities/contract.ts'],
    ['files/planted.ts', '../activities/contract.ts'],
    ['workflows/planted.ts', '../activities/contract.ts'],
    ['workflows/client.ts', '../leases/contract.ts'],
    ['telemetry/planted.ts', '../leases/contract.ts'],
    ['telemetry/planted.ts', '../files/contract.ts'],
    ['workflows/client.ts', '../files/contract.ts'],
    ['ledger/planted.ts', '../config/schema.ts'],
    ['providers/planted.ts', '../config/schema.ts'],
    ['api/routes/planted.ts', '../../config/schema.ts'],
  ])('%s may take types, and only types, from %s', async (file, specifier) => {
    expect(await broken(file, typeOnly(specifier))).not.toContain(RESTRICTED);
    expect(await broken(file, value(specifier))).toContain(RESTRICTED);
  });

  it.each([
    ['leases/planted.ts', '../activities/session.ts'],
    ['workflows/planted.ts', '../activities/index.ts'],
    ['workflows/planted.ts', '../leases/contract.ts'],
    ['domain/planted.ts', '../config/schema.ts'],
  ])('%s may not even take types from %s', async (file, specifier) => {
    expect(await broken(file, typeOnly(specifier))).toContain(RESTRICTED);
  });

  it('cannot be hidden in a detour or a dynamic import', async () => {
    expect(await broken('domain/planted.ts', value('./x/../../ledger/planted-part.ts'))).toContain(
      RESTRICTED,
    );
    expect(await broken('leases/planted.ts', `export const x = await import('../ledger/y.ts');\n`)).toContain(
      'no-restricted-syntax',
    );
    expect(await broken('leases/planted.ts', `export type X = import('../api/y.ts').Y;\n`)).toContain(
      'no-restricted-syntax',
    );
  });
});

describe('guarded packages', { timeout: 60_000 }, () => {
  const EVERYWHERE = [...Object.keys(MAY_IMPORT), 'worker', 'api', 'operator', 'dev', 'test', 'bench'];
  const GUARDED: [specifier: string, rooms: readonly string[]][] = [
    ['@temporalio/envconfig', ['config', 'dev', 'test', 'bench']],
    ['@temporalio/client', ['activities', 'worker', 'api', 'dev', 'test', 'bench']],
    ['openai', ['providers', 'test', 'bench']],
    ['openai/resources/vector-stores', ['providers', 'test', 'bench']],
    ['pg', ['ledger', 'dev', 'test', 'bench']],
    ['pg-copy-streams', ['ledger', 'dev', 'test', 'bench']],
    ['node-pg-migrate', ['ledger', 'dev', 'test', 'bench']],
  ];
  it.each(GUARDED)('%s is known to its rooms only', async (specifier, rooms) => {
    const known: string[] = [];
    for (const room of EVERYWHERE) {
      if (!(await broken(`${room}/planted.ts`, value(specifier))).includes(RESTRICTED)) known.push(room);
    }
    expect(known.sort()).toEqual(rooms.filter((room) => EVERYWHERE.includes(room)).sort());
  });

  it('workflows see the workflow library only, their client side the client library', async () => {
    expect(await broken('workflows/planted.ts', value('@temporalio/workflow'))).not.toContain(RESTRICTED);
    expect(await broken('workflows/client.ts', value('@temporalio/client'))).not.toContain(RESTRICTED);
    for (const specifier of ['@temporalio/client', 'node:crypto', 'pino']) {
      expect(await broken('workflows/planted.ts', value(specifier)), specifier).toContain(RESTRICTED);
    }
  });

  it('domain/ depends on no package', async () => {
    expect(await broken('domain/planted.ts', value('typebox'))).toContain(RESTRICTED);
    expect(await broken('domain/planted.ts', value('node:fs'))).toContain(RESTRICTED);
  });
});

describe('other rules of the house', { timeout: 60_000 }, () => {
  const READS_ENVIRONMENT = `export const x = process.env['X'];\n`;
  it.each(['leases', 'api', 'worker', 'operator', 'simulator', 'bench', 'test/unit'])(
    'process.env is not read in %s',
    async (room) => {
      expect(await broken(`${room}/planted.ts`, READS_ENVIRONMENT)).toContain('no-restricted-properties');
    },
  );
  it.each(['config', 'dev', 'test/support'])('process.env may be read in %s', async (room) => {
    expect(await broken(`${room}/planted.ts`, READS_ENVIRONMENT)).not.toContain('no-restricted-properties');
  });

  it.each([
    ['a default export', 'leases/planted.ts', 'export default 1;\n', 'import-x/no-default-export'],
    [
      'any',
      'leases/planted.ts',
      'export const x = (y: any) => String(y);\n',
      '@typescript-eslint/no-explicit-any',
    ],
    [
      'an unproved !',
      'leases/planted.ts',
      'export const x = (y?: string) => y!;\n',
      '@typescript-eslint/no-non-null-assertion',
    ],
    ['console', 'leases/planted.ts', "console.log('x');\n", 'no-console'],
    ['a long file', 'leases/planted.ts', '// x\n'.repeat(351), 'max-lines'],
    [
      'a long function',
      'leases/planted.ts',
      `export function x() {\n${'void 0;\n'.repeat(41)}}\n`,
      'max-lines-per-function',
    ],
    [
      'a sleep',
      'test/unit/planted.test.ts',
      'await new Promise((r) => setTimeout(r, 5));\n',
      'no-restricted-syntax',
    ],
    [
      'a borrowed sleep',
      'test/unit/planted.test.ts',
      "import { setTimeout as s } from 'timers/promises';\nawait s(1);\n",
      RESTRICTED,
    ],
  ])('%s is refused', async (_what, file, text, rule) => {
    expect(await broken(file, text)).toContain(rule);
  });

  it('a cycle of imports is found through .ts specifiers', async () => {
    const cycle = new ESLint({ cwd: REPOSITORY, ignore: false, overrideConfig });
    const [result] = await cycle.lintFiles(['test/unit/structure/fixtures/cycle/one.ts']);
    expect(result?.messages.map((message) => message.ruleId)).toContain('import-x/no-cycle');
  });
});
