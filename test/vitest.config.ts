import { defineConfig } from 'vitest/config';
import { PROJECT_ROOT } from '../dev/child-environment.ts';
import { scrubProcessEnvironment } from './support/scrub.ts';
import { SlowFirst } from './support/slow-first.ts';

// Here, and not only in the workers: they and everything they start inherit from this process.
scrubProcessEnvironment();

/** Everything of these projects runs against real servers on two cores: slow machines get room, hangs do not. */
const SERVER_TIMEOUTS = { testTimeout: 60_000, hookTimeout: 120_000 };

const setupFiles = ['test/support/each-file.ts'];

/**
 * unit    no servers
 * replay  recorded histories, no servers
 * ledger  one shared PostgreSQL
 * stack   one shared PostgreSQL and one shared Temporal; files start simulator, api and worker as they need
 * crash   as stack; kills what it likes, so each file has servers of its own
 */
export default defineConfig({
  root: PROJECT_ROOT,
  test: {
    retry: 0,
    hookTimeout: 60_000,
    // The files of all projects in one queue. Some only compute, others mostly wait for deadlines: three of them keep two
    // cores busy for nine tenths of the time, and four make each other late.
    maxWorkers: 3,
    dangerouslyIgnoreUnhandledErrors: false,
    sequence: { hooks: 'stack', sequencer: SlowFirst },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts'],
          setupFiles,
          testTimeout: 20_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'replay',
          include: ['test/replay/**/*.test.ts'],
          setupFiles,
          testTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'ledger',
          include: ['test/ledger/**/*.test.ts'],
          setupFiles,
          globalSetup: ['test/support/global-postgres.ts'],
          ...SERVER_TIMEOUTS,
        },
      },
      {
        extends: true,
        test: {
          name: 'stack',
          include: ['test/stack/**/*.test.ts'],
          setupFiles,
          globalSetup: ['test/support/global-postgres.ts', 'test/support/global-temporal.ts'],
          ...SERVER_TIMEOUTS,
        },
      },
      {
        extends: true,
        test: {
          name: 'crash',
          include: ['test/crash/**/*.test.ts'],
          setupFiles,
          globalSetup: ['test/support/global-postgres.ts', 'test/support/global-temporal.ts'],
          maxWorkers: 1,
          testTimeout: 180_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
