/** Global set-up: one Temporal server for the run. */
import type { TestProject } from 'vitest/node';
import { globalRunDirectory, shareServer, unshareServer } from './global-run.ts';
import { startTemporal } from './shared-servers.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** host:port of the shared server. */
    temporalAddress: string;
  }
}

export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const directory = await globalRunDirectory();
  const server = await shareServer('temporal', () => startTemporal(directory));
  project.provide('temporalAddress', server.address);
  return () => unshareServer('temporal');
}
