import { join } from 'node:path';
import { readdirSync, readFileSync } from 'node:fs';
import type { Part } from '../../dev/processes/part.ts';
import { isRunning } from '../../dev/processes/inspect.ts';
import type { RegisteredProcess } from '../../dev/processes/registry.ts';
import { startProgram } from './parts.ts';
import { temporalBinary } from './shared-servers.ts';
import { scrubbedEnv } from './scrub.ts';
import { GiveUpError, until } from './until.ts';

/** `npm start` as a process of a test, with its own servers in `dataDirectory`. */
export interface EmbeddedStack {
  readonly part: Part;
  /** What it has printed so far. */
  printed(): string;
  /** Address of the api, once it says that it is ready. */
  ready(): Promise<string>;
  /** Its children that run now, as it noted them. */
  children(): readonly RegisteredProcess[];
}

/** Runs `dev/start.ts` in TEST_MODE with these further settings. */
export async function startEmbeddedStack(
  dataDirectory: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<EmbeddedStack> {
  const part = await startProgram({
    name: 'npm start',
    script: 'dev/start.ts',
    env: {
      ...scrubbedEnv(),
      TEMPORAL_CLI: await temporalBinary(),
      TEST_MODE: 'true',
      PORT: '0',
      ...settings,
      DATA_DIR: dataDirectory,
    },
  });
  const printed = () => readFileSync(part.log, 'utf8');
  return {
    part,
    printed,
    ready: () =>
      until(() => (part.hasEnded() ? fail(printed()) : /ready: (http:\S+)/.exec(printed())?.[1]), {
        describe: () => `npm start ready; it printed:\n${printed()}`,
        deadlineMs: 90_000,
      }),
    children: () => childrenIn(dataDirectory),
  };
}

/** What is noted in a data directory and runs. */
export function childrenIn(dataDirectory: string): readonly RegisteredProcess[] {
  const directory = join(dataDirectory, 'processes');
  return readdirSync(directory)
    .filter((file) => file.endsWith('.json'))
    .map((file) => JSON.parse(readFileSync(join(directory, file), 'utf8')) as RegisteredProcess)
    .filter((entry) => isRunning(entry));
}

function fail(printed: string): never {
  throw new GiveUpError(`npm start ended; it printed:\n${printed}`);
}
