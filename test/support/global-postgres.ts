/** Global set-up: one PostgreSQL for the run, with a migrated database that every other one is copied from. */
import { Client } from 'pg';
import type { TestProject } from 'vitest/node';
import { migrate } from '../../ledger/migrate.ts';
import { globalRunDirectory, shareServer, unshareServer } from './global-run.ts';
import { startPostgres } from './shared-servers.ts';

const TEMPLATE = 'ledger_template';

declare module 'vitest' {
  export interface ProvidedContext {
    runDirectory: string;
    /** Connection string of the shared server's maintenance database. */
    postgresUrl: string;
  }
}

export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const directory = await globalRunDirectory();
  const cluster = await shareServer('postgres', async () => {
    // Nobody kills this one, and the machine's power is not what is tested: the disk may write when it likes.
    const started = await startPostgres(directory, { survivesPowerLoss: false });
    await makeTemplate(started.url('postgres'), started.url(TEMPLATE));
    return started;
  });
  project.provide('runDirectory', directory);
  project.provide('postgresUrl', cluster.url('postgres'));
  return () => unshareServer('postgres');
}

/** Who connects first writes down for all who follow what the tables are. */
async function lookAround(url: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.end();
}

async function makeTemplate(adminUrl: string, templateUrl: string): Promise<void> {
  const admin = new Client({ connectionString: adminUrl });
  await admin.connect();
  try {
    await admin.query(`CREATE DATABASE ${TEMPLATE}`);
    await migrate(templateUrl);
    await lookAround(templateUrl);
  } finally {
    await admin.end();
  }
}
