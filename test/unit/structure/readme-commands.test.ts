/**
 * Every command that README.md and docs/operations.md show is run by a test, or stands here with the reason why
 * it is not run literally and what is run instead.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { REPOSITORY, read } from './repository.ts';

interface Covered {
  /** The test file that runs the command, or its substitute. */
  readonly by: string;
  /** Why the command is not run to the letter; absent where it is. */
  readonly instead?: string;
}

const GATE = '.ci/run';
const OPERATE = 'test/stack/operations-commands.test.ts';
const CONTROL = 'test/stack/control.test.ts';
const RUN = 'test/stack/readme.test.ts';
const EMBEDDED = 'test/stack/demo.test.ts';
const SWEEP = 'test/stack/sweep.test.ts';
const FILES = 'test/stack/file-metrics.test.ts';
const ORPHANS = 'test/ledger/orphans-command.test.ts';
const own = (by: string): Covered => ({ by });
const other = (by: string, instead: string): Covered => ({ by, instead });

const README: Readonly<Record<string, Covered>> = {
  'npm ci && npm run demo': other(
    EMBEDDED,
    'the demo with --once and ports of its own, in the installed tree',
  ),
  'npm ci && npm test': own(GATE),
  'curl http://127.0.0.1:9876/health/ready': other(OPERATE, 'fetch, on a free port'),
  'curl http://127.0.0.1:9876/sessions': other(OPERATE, 'fetch, on a free port'),
  'temporal workflow list --query \'LeaseState="active"\'': own(OPERATE),
  'temporal workflow query --workflow-id session/abc --name lease': own(OPERATE),
  'temporal workflow signal --workflow-id session/abc --name release': own(OPERATE),
  'OPENAI_API_KEY=sk-... npm start': other(
    EMBEDDED,
    'needs a key: the demo starts the same stack on the simulator',
  ),
  'docker compose up -d loiter-killer': other(
    'test/unit/structure/compose.test.ts',
    'needs Docker: the file is read and checked',
  ),
  'export DATABASE_URL=postgres://user@db.example/loiter_killer TEMPORAL_ADDRESS=temporal.example:7233':
    other('test/support/stack.ts', 'every stack test sets both, to servers of its own'),
  'npm run migrate': other('test/stack/processes.test.ts', 'the same program, with a database of the test'),
  'npm run worker': other(RUN, 'the same script, with servers of the test'),
  'npm run api': other(RUN, 'the same script, with servers of the test'),
  'npm run check': other(GATE, 'its parts are parts of npm test'),
  'npm run bench': other('bench/main.ts', 'measures for minutes; run by hand'),
  'npm run crash': other(GATE, 'four of its cells are in npm test'),
  'npm run chaos': other('test/stack/chaos-gate.test.ts', 'one of its schedules, with servers of the test'),
  'npm run docs:generate': other(
    'test/unit/structure/docs.test.ts',
    'what it writes is compared with the repository',
  ),
  'npm run simulator': other(RUN, 'the same script, on a free port'),
};

const FILES_PAGE: Readonly<Record<string, Covered>> = {
  'curl -F file=@report.pdf -F user_id=alice http://127.0.0.1:9876/files': other(
    FILES,
    'curl, on a free port and with a file of the test',
  ),
  "curl -X POST 'http://127.0.0.1:9876/files/cleanup?dry_run=true'": other(FILES, 'fetch, on a free port'),
  "curl 'http://127.0.0.1:9876/files?stuck=true'": other(FILES, 'fetch, on a free port'),
};

const OPERATIONS: Readonly<Record<string, Covered>> = {
  'temporal workflow signal --workflow-id session/abc --name renew': own(OPERATE),
  'temporal workflow signal --workflow-id session/abc --name renew --input 600': own(OPERATE),
  'temporal workflow signal --workflow-id session/abc --name track --input \'["file-1","file-2"]\'':
    own(OPERATE),
  'temporal workflow signal --workflow-id session/abc --name release': own(OPERATE),
  'temporal workflow query --workflow-id session/abc --name lease': own(OPERATE),
  'temporal workflow list --query \'SessionId="abc"\'': own(OPERATE),
  'temporal workflow list --query \'LeaseState="draining"\'': own(OPERATE),
  'temporal workflow list --query \'VectorStoreId="vs_123"\'': own(OPERATE),
  "temporal workflow list --query 'LeaseStuck=true'": own(OPERATE),
  'temporal workflow cancel --workflow-id session/abc': own(OPERATE),
  "temporal workflow terminate --workflow-id session/abc --reason 'why'": own(OPERATE),
  "temporal workflow reset --workflow-id session/abc --type FirstWorkflowTask --reason 'why'": own(OPERATE),
  "curl 'http://127.0.0.1:9876/sessions?stuck=true'": other(OPERATE, 'fetch, on a free port'),
  'temporal operator namespace create --namespace leases-two --retention 72h': own(OPERATE),
  "temporal workflow terminate --query 'InstanceId=\"the-old-id\"' --reason 'the ledger of this installation is gone' --yes":
    own(OPERATE),
  'curl -X POST \'http://127.0.0.1:9876/session/abc/force\' -H \'Content-Type: application/json\' -d \'{"by":"alice","reason":"the account is closed"}\'':
    other(CONTROL, 'fetch, on a free port'),
  'temporal schedule describe --schedule-id sweep': other(SWEEP, 'by the SDK'),
  'temporal schedule trigger --schedule-id sweep': other(SWEEP, 'by the SDK'),
  "curl -X POST 'http://127.0.0.1:9876/sweep?dry_run=true'": other(SWEEP, 'fetch, on a free port'),
  "curl 'http://127.0.0.1:9876/orphans'": other(SWEEP, 'fetch, on a free port'),
  'npm run orphans -- --adopt': other(ORPHANS, 'the same program, on a ledger of the test'),
  'npm run orphans -- --adopt --instance 0198c1d2-0000-7000-8000-001122334455': other(
    ORPHANS,
    'the same program, on a ledger of the test',
  ),
  'npm run orphans -- --name-prefix session_ --older-than 30d': other(
    ORPHANS,
    'the same program, on a ledger of the test',
  ),
  'npm run orphans -- --name-prefix session_ --older-than 30d --delete': other(
    ORPHANS,
    'the same program, on a ledger of the test',
  ),
  "curl -X POST 'http://127.0.0.1:9876/files/cleanup?dry_run=true'": other(FILES, 'fetch, on a free port'),
  "curl -X POST 'http://127.0.0.1:9876/files/cleanup'": other(FILES, 'fetch, on a free port'),
  "curl -X POST 'http://127.0.0.1:9876/files/orphans/cleanup?dry_run=true'": other(
    FILES,
    'fetch, on a free port',
  ),
  'temporal schedule describe --schedule-id files-retention': own(FILES),
  'temporal workflow describe --workflow-id files-upkeep': own(FILES),
  "npm run deletions -- pause --reason 'the key leaked'": other(
    CONTROL,
    'the same program, on a ledger of the test',
  ),
  'npm run deletions -- status': other(CONTROL, 'the same program, on a ledger of the test'),
  'npm run deletions -- resume': other(CONTROL, 'the same program, on a ledger of the test'),
  'npm run drain': other(CONTROL, 'the same program, on a ledger of the test'),
  'npm run drain -- --protected': other(CONTROL, 'the same program, on a ledger of the test'),
  "curl -X POST 'http://127.0.0.1:9876/nuke'": other(OPERATE, 'fetch, on a free port'),
};

/** Lines of the fenced sh blocks, comments and blank lines left out. */
function commandsOf(page: string): readonly string[] {
  const blocks = [...read(page).matchAll(/^ *```sh\n([^]*?)^ *```$/gm)].map(([, body]) => body ?? '');
  const lines = blocks.flatMap((body) => body.split('\n').map((line) => line.trim()));
  return lines.filter((line) => line !== '' && !line.startsWith('#'));
}

describe.each([
  ['README.md', README],
  ['docs/operations.md', OPERATIONS],
  ['docs/files.md', FILES_PAGE],
])('commands of %s', (page, table) => {
  it('are each accounted for', () => {
    const commands = commandsOf(page);
    expect(commands.length).toBeGreaterThan(2);
    expect([...new Set(commands)].sort()).toEqual(Object.keys(table).sort());
  });

  it('are covered by files that exist', () => {
    const missing = Object.values(table).filter(({ by }) => !existsSync(join(REPOSITORY, by)));
    expect([...new Set(missing.map(({ by }) => by))]).toEqual([]);
  });

  it('that are run to the letter stand in their test to the letter', () => {
    for (const [command, { by, instead }] of Object.entries(table)) {
      if (instead !== undefined || by === GATE) continue;
      expect(read(by), command).toContain(command.replace(/^temporal /, ''));
    }
  });

  it('that run npm scripts name scripts that exist', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    for (const command of Object.keys(table)) {
      for (const [, script] of command.matchAll(/npm (?:run )?([a-z:]+)/g)) {
        if (script !== 'ci') expect(scripts[script ?? ''], command).toBeDefined();
      }
    }
  });
});

it('the gate runs the test command of the README', () => {
  expect(read(GATE)).toMatch(/^if npm ci; then\n\s+npm test\b/m);
});
