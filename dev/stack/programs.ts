import { join } from 'node:path';
import { PROJECT_ROOT } from '../child-environment.ts';
import { lowerPriority } from '../processes/lower-priority.ts';
import { PROGRAM_FLAGS } from '../program-flags.ts';
import { startPart } from '../processes/part.ts';
import { untilReady } from '../processes/until-ready.ts';
import type { StackContext } from './context.ts';
import { mustAnswer } from './http-ready.ts';

/** Bundling the workflows takes seconds on a small machine; Temporal may still be settling. */
const READY_DEADLINE_MS = 120_000;

/** Starts api or worker and waits until `healthUrl` answers. */
export async function startProgram(
  context: StackContext,
  name: 'api' | 'worker',
  how: { env: Readonly<Record<string, string>>; healthUrl: string },
): Promise<void> {
  context.say(`starting the ${name}`);
  const part = await startPart({
    name: `the ${name}`,
    command: process.execPath,
    args: [...PROGRAM_FLAGS, join(PROJECT_ROOT, name, 'main.ts')],
    env: how.env,
    cwd: PROJECT_ROOT,
    log: context.programOutput === 'terminal' ? 'inherit' : context.data.log(name),
  });
  context.parts.add(part);
  await untilReady(part, READY_DEADLINE_MS, () => mustAnswer(how.healthUrl));
  if (name === 'worker') lowerPriority(part.pid);
}
