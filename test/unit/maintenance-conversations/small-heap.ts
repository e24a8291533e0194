import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { CleanupResult, ConversationSettings } from '../../../maintenance/conversations/contract.ts';
import { scrubbedEnv } from '../../support/scrub.ts';

/** Enough for the program and a batch; what grew by two hundred bytes a thread would not fit in for long. */
const HEAP_MB = 20;
const DEADLINE_MS = 500_000;

export interface HeapRun {
  readonly result: CleanupResult;
  /** Times the job has told how far it is. */
  readonly beats: number;
}

/** Runs the job in a process whose threads have a small heap each, beyond which they are ended. */
export async function inSmallHeap(settings: ConversationSettings, nowMs: number): Promise<HeapRun> {
  const script = join(import.meta.dirname, 'run-main.ts');
  const flags = [`--max-old-space-size=${HEAP_MB}`, '--max-semi-space-size=1'];
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [...flags, script, JSON.stringify(settings), String(nowMs)],
    { env: scrubbedEnv(), timeout: DEADLINE_MS },
  );
  return JSON.parse(stdout) as HeapRun;
}
