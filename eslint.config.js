// The lint rules, above all which room may import which: the table "Rooms" of docs/architecture.md as code.
// test/unit/structure/arrows.test.ts plants one bad import for every arrow that is not drawn here.
import importX, { createNodeResolver } from 'eslint-plugin-import-x';
import tseslint from 'typescript-eslint';

/** What the service does, one capability a room. */
const CAPABILITIES = ['leases', 'files', 'maintenance'];
/** Rooms that ship. Nothing in them may lean on `dev`, `test`, `bench` or the simulator. */
const PRODUCT = [
  ...['domain', 'contract', 'config', 'telemetry', 'ledger', 'providers', 'deletion', ...CAPABILITIES],
  ...['workflows', 'activities', 'worker', 'api', 'operator'],
];
const ROOMS = [...PRODUCT, 'simulator', 'dev', 'test', 'bench'];

const without = (...rooms) => PRODUCT.filter((room) => !rooms.includes(room));
const CONFIG_TYPES = ['config/.+'];
const FACADE = ['domain', 'contract', 'telemetry', ...CAPABILITIES];

// Per group of files, a later group overruling an earlier one: the rooms it may import beside its own, the
// modules (regular expressions on room/path) of which it may import types only, and the guarded packages it
// may use (see PACKAGES).
const ARROWS = [
  { files: ['domain/**'], rooms: [], packages: [] },
  { files: ['contract/**'], rooms: ['domain'], packages: [] },
  // Temporal's own reader of its environment variables, and nothing else of it.
  { files: ['config/**'], rooms: ['domain'], packages: ['envconfig'] },
  {
    files: ['telemetry/**'],
    rooms: ['domain'],
    types: [...CONFIG_TYPES, ...CAPABILITIES.map((room) => `${room}/contract`)],
    packages: [],
  },
  { files: ['ledger/**'], rooms: ['domain'], types: CONFIG_TYPES, packages: ['pg'] },
  // A command with its own process reads its settings itself.
  { files: ['ledger/migrate-command.ts'], rooms: ['domain', 'config'], packages: ['pg'] },
  { files: ['providers/**'], rooms: ['domain'], types: CONFIG_TYPES, packages: ['openai'] },
  {
    files: ['deletion/**'],
    rooms: ['domain', 'ledger', 'providers', 'telemetry'],
    packages: [],
  },
  {
    files: CAPABILITIES.map((room) => `${room}/**`),
    rooms: ['domain', 'ledger', 'providers', 'telemetry', 'deletion'],
    // One set of shapes for what a workflow asks and what a capability answers.
    types: ['activities/(job-)?contract'],
    packages: [],
  },
  {
    files: ['workflows/**'],
    rooms: ['domain'],
    types: ['activities/(job-)?contract'],
    packages: ['temporal'],
  },
  // The client side of the workflows implements the port through which the capabilities reach Temporal.
  {
    files: ['workflows/client.ts'],
    rooms: ['domain'],
    types: [...CAPABILITIES.map((room) => `${room}/contract`), 'telemetry/.+', ...CONFIG_TYPES],
    packages: ['temporal'],
  },
  {
    files: ['activities/**'],
    rooms: ['domain', ...CAPABILITIES],
    types: ['telemetry/.+'],
    packages: ['temporal'],
  },
  { files: ['worker/**'], rooms: without('api', 'operator'), packages: ['temporal'] },
  { files: ['api/**'], rooms: FACADE, types: CONFIG_TYPES, packages: [] },
  // The composition root and what it is made of.
  { files: ['api/*.ts'], rooms: without('worker', 'activities', 'operator'), packages: ['temporal'] },
  // Commands beside the running service: they reach it through the ledger.
  { files: ['operator/**'], rooms: without('api', 'worker', 'activities', 'workflows'), packages: [] },
  { files: ['simulator/**'], rooms: ['domain'], packages: [] },
  { files: ['dev/**'], rooms: ROOMS, packages: ['pg', 'temporal', 'envconfig'] },
  { files: ['test/**', 'bench/**'], rooms: ROOMS, packages: ['pg', 'openai', 'temporal', 'envconfig'] },
];

/** Packages that only some rooms may know. */
const PACKAGES = {
  temporal: {
    regex: '^@temporalio/(?!envconfig$)',
    message: 'Temporal is known to workflows, activities, worker and main only.',
  },
  envconfig: { regex: '^@temporalio/envconfig$', message: 'Settings are read in config/.' },
  openai: { regex: '^openai(/|$)', message: 'Only providers/ knows a vendor.' },
  pg: { regex: '^(pg|pg-[a-z-]+|node-pg-migrate)(/|$)', message: 'Only ledger/ talks to PostgreSQL.' },
};

/** Imports forbidden to one group of files, as patterns for no-restricted-imports. */
function forbidden({ files, rooms, types = [], packages }) {
  const own = files.map((glob) => glob.split('/')[0]);
  const foreign = ROOMS.filter((room) => !rooms.includes(room) && !own.includes(room));
  const typesOf = (room) => types.filter((module) => module.startsWith(`${room}/`));
  const patterns = foreign.map((room) => {
    const spared = typesOf(room).map((module) => `(?!${module}\\.ts$)`);
    return { regex: `^(\\.\\./)+${spared.join('')}${room}/`, message: `${own[0]}/ may not import ${room}/.` };
  });
  const typesOnly = foreign.flatMap(typesOf).map((module) => ({
    regex: `^(\\.\\./)+${module}\\.ts$`,
    allowTypeImports: true,
    message: `${own[0]}/ may import only types from here.`,
  }));
  const names = Object.keys(PACKAGES).filter((name) => !packages.includes(name));
  return [...patterns, ...typesOnly, ...names.map((name) => PACKAGES[name])];
}

const DETOUR = {
  regex: '^\\.{1,2}/(.*/)?[^./][^/]*/\\.\\./',
  message: 'Write the shortest path, so that the arrows are seen.',
};
const ENVIRONMENT = { regex: '^(node:)?process$', message: 'process.env is read only in config/.' };
const SLEEP = {
  regex: '^(node:)?timers/promises$',
  message: 'Tests wait for a condition: test/support/until.ts.',
};
const DETERMINISTIC = {
  regex: '^(?!\\.|@temporalio/(workflow|common)$)',
  message: 'A workflow sees nothing but @temporalio/workflow and @temporalio/common.',
};
const PURE = { regex: '^(?!\\.|node:crypto$)', message: 'domain/ depends on nothing.' };

const ENVIRONMENT_ROOMS = ['config/', 'dev/', 'test/support/'];
const startsWithAny = (glob, prefixes) => prefixes.some((prefix) => glob.startsWith(prefix));

function extraPatterns(glob) {
  return [
    DETOUR,
    ...(startsWithAny(glob, [...ENVIRONMENT_ROOMS, 'test/']) ? [] : [ENVIRONMENT]),
    ...(glob.startsWith('test/') ? [SLEEP] : []),
    ...(glob === 'workflows/**' ? [DETERMINISTIC] : []),
    ...(glob === 'domain/**' ? [PURE] : []),
  ];
}

const arrows = ARROWS.flatMap((group) =>
  group.files.map((glob) => ({
    files: [glob],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        { patterns: [...forbidden({ ...group, files: [glob] }), ...extraPatterns(glob)] },
      ],
    },
  })),
);

const NO_DYNAMIC_IMPORT = {
  selector: 'ImportExpression, TSImportType',
  message: 'Import statically at the top, so that the arrows between the rooms are seen.',
};
const NO_SLEEP = {
  selector: "NewExpression[callee.name='Promise'] CallExpression[callee.name='setTimeout']",
  message: 'Tests wait for a condition with a deadline: test/support/until.ts.',
};

export default tseslint.config(
  {
    ignores: [
      'node_modules/',
      'data*/',
      '.cache/',
      'coverage/',
      'docs/openapi.json',
      'test/**/fixtures/',
      'test/replay/histories/',
    ],
  },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  ...tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: {
      parserOptions: { project: ['./tsconfig.json'], tsconfigRootDir: import.meta.dirname },
    },
    plugins: { 'import-x': importX },
    settings: {
      'import-x/extensions': ['.ts', '.js'],
      'import-x/resolver-next': [createNodeResolver({ extensions: ['.ts', '.js'] })],
    },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', caughtErrors: 'all' }],
      '@typescript-eslint/only-throw-error': 'error',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      eqeqeq: 'error',
      'import-x/no-cycle': 'error',
      'import-x/no-default-export': 'error',
      'max-lines': ['error', { max: 350 }],
      'max-lines-per-function': ['error', { max: 40, skipBlankLines: true, skipComments: true }],
      'max-params': ['error', { max: 3 }],
      'no-console': 'error',
      'no-duplicate-case': 'error',
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: 'process.env is read only in config/.' },
      ],
      'no-restricted-syntax': ['error', NO_DYNAMIC_IMPORT],
    },
  },
  ...arrows,
  { files: ENVIRONMENT_ROOMS.map((room) => `${room}**`), rules: { 'no-restricted-properties': 'off' } },
  { files: ['dev/**', 'bench/**', 'test/**'], rules: { 'no-console': 'off' } },
  // The table of settings: name, default, bounds read best in a row.
  { files: ['config/kinds.ts'], rules: { 'max-params': ['error', { max: 4 }] } },
  {
    files: ['test/**'],
    rules: {
      // `describe` blocks are as long as their list of cases.
      'max-lines-per-function': 'off',
      // The rows of `it.each` arrive as positional parameters.
      'max-params': 'off',
      // vitest's matchers and asymmetric expectations are typed `any`, and mocks name methods unbound.
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/unbound-method': 'off',
      'no-restricted-syntax': ['error', NO_SLEEP],
    },
  },
  {
    files: ['test/support/**'],
    rules: { 'max-lines-per-function': ['error', { max: 40, skipBlankLines: true, skipComments: true }] },
  },
  { files: ['dev/**', 'bench/**', 'test/support/until.ts'], rules: { 'no-restricted-syntax': 'off' } },
  {
    // The one place in the tests that may let time pass.
    files: ['test/support/until.ts'],
    rules: { '@typescript-eslint/no-restricted-imports': 'off' },
  },
  {
    files: ['*.config.js', 'test/**/*.config.ts', 'test/support/global-*.ts'],
    rules: { 'import-x/no-default-export': 'off' },
  },
  { files: ['**/*.js'], extends: [tseslint.configs.disableTypeChecked] },
  { files: ['docs/examples/**'], rules: { 'no-console': 'off', 'no-restricted-properties': 'off' } },
);
