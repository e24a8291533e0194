import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import type { WorkflowSource } from '../../worker/bundle.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Bundles a copy of the workflows in which one text of one file is another. */
export async function bundleWithChange(
  file: string,
  change: { readonly from: string; readonly to: string },
): Promise<WorkflowSource> {
  const copy = mkdtempSync(join(tmpdir(), 'loiter-killer-changed-'));
  try {
    for (const room of ['workflows', 'domain', 'activities']) {
      cpSync(join(ROOT, room), join(copy, room), { recursive: true });
    }
    symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
    const path = join(copy, 'workflows', file);
    const source = readFileSync(path, 'utf8');
    if (!source.includes(change.from)) throw new Error(`${file} no longer has the text: ${change.from}`);
    writeFileSync(path, source.replace(change.from, change.to));
    return { workflowBundle: { code: await bundle(join(copy, 'workflows/index.ts')) } };
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

/** The bundler's own error says only that there was one: what it was is in its log. */
async function bundle(workflowsPath: string): Promise<string> {
  const complaints: string[] = [];
  const logger = new DefaultLogger('ERROR', ({ message }) => complaints.push(message));
  try {
    return (await bundleWorkflowCode({ workflowsPath, logger })).code;
  } catch (error) {
    throw new Error(complaints.join('\n'), { cause: error });
  }
}
