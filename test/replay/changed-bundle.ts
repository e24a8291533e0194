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
    const { code } = await bundleWorkflowCode({
      workflowsPath: join(copy, 'workflows/index.ts'),
      logger: new DefaultLogger('ERROR'),
    });
    return { workflowBundle: { code } };
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}
