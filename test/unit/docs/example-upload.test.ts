/** docs/examples/upload-file.ts and upload_file.py, run: what they repeat, and what they do not. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { uploadFile } from '../../../docs/examples/upload-file.ts';
import { scratchDirectory } from '../../support/parts.ts';
import { httpxFolder, runPython } from './python.ts';
import { scriptedService, type Answer, type ScriptedService } from './scripted-service.ts';

const UPLOADED: Answer = { status: 200, body: { file_id: 'file-1', provider: 'kimi' } };
const BUSY: Answer = { status: 503, headers: { 'retry-after': '0' } };
const FULL: Answer = { status: 429, headers: { 'retry-after': '0' } };
const LATE: Answer = { status: 504, headers: { 'retry-after': '0' } };
const REFUSED: Answer = { status: 400, body: { code: 'FILE_EMPTY' } };

let service: ScriptedService;
afterEach(() => service.stop());

function written(): string {
  const path = join(scratchDirectory('upload'), 'note.txt');
  writeFileSync(path, 'content');
  return path;
}

/** What came of it, and how often it was tried. */
type Upload = (answers: readonly Answer[]) => Promise<{ outcome: string; tries: number }>;

const inTypeScript: Upload = async (answers) => {
  service = await scriptedService({ files: answers });
  const outcome = await uploadFile(service.url, written()).then(
    ({ fileId }) => fileId,
    (error: unknown) => String(error),
  );
  return { outcome, tries: service.calls.length };
};

const folder = httpxFolder();
const inPython: Upload = async (answers) => {
  service = await scriptedService({ files: answers });
  const program = `
import json, upload_file
try: print(json.dumps(upload_file.upload_file("${service.url}", "${written()}")["file_id"]))
except RuntimeError as error: print(json.dumps(str(error)))
`;
  return { outcome: String(await runPython(program, folder ?? '')), tries: service.calls.length };
};

describe.each([
  ['TypeScript', inTypeScript, true],
  ['Python (skipped without Python 3.10 and httpx)', inPython, folder !== undefined],
])('%s', { timeout: 60_000 }, (_, upload, runs) => {
  it.skipIf(!runs)('repeats what may help', async () => {
    expect(await upload([BUSY, FULL, UPLOADED])).toEqual({ outcome: 'file-1', tries: 3 });
    await service.stop();
    expect(await upload(['hang up', LATE, UPLOADED])).toEqual({ outcome: 'file-1', tries: 3 });
  });

  it.skipIf(!runs)('gives up in the end, and at once where it would be refused again', async () => {
    const tired = await upload([BUSY]);
    expect(tired).toMatchObject({ outcome: expect.stringContaining('503'), tries: 3 });
    await service.stop();
    const refused = await upload([REFUSED]);
    expect(refused).toMatchObject({ outcome: expect.stringContaining('FILE_EMPTY'), tries: 1 });
  });
});
