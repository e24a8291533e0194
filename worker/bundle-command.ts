/** `node worker/bundle-command.ts <file>`: writes the workflow bundle there, whole or not at all. */
import { renameSync, writeFileSync } from 'node:fs';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { PAYLOAD_CONVERTER_PATH, WORKFLOWS_PATH } from './bundle-key.ts';

const [target] = process.argv.slice(2);
if (target === undefined) throw new Error('usage: node worker/bundle-command.ts <file>');
const { code } = await bundleWorkflowCode({
  workflowsPath: WORKFLOWS_PATH,
  payloadConverterPath: PAYLOAD_CONVERTER_PATH,
  logger: new DefaultLogger('WARN'),
});
// Several workers may bundle at once: each writes a file of its own and moves it into place.
const unfinished = `${target}.${process.pid}`;
writeFileSync(unfinished, code);
renameSync(unfinished, target);
