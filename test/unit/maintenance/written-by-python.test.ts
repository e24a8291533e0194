/** Results written by a Python program with the real lz4, as the MCP server's own code writes them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CLEANERS } from './passes.ts';
import { lz4Folder, python } from './python.ts';
import { directory, metadataPath, resultPath, standing } from './tree.ts';

const folder = lz4Folder();
/** How an LZ4 frame begins. */
const MAGIC = Buffer.from([0x04, 0x22, 0x4d, 0x18]);

describe.skipIf(folder === undefined)(
  'results written by Python (skipped without Python 3.9 and lz4)',
  () => {
    it.each(CLEANERS)('go when they have expired, %s', async (_name, clean) => {
      const root = directory();
      const lifetimes = ['-0.001', '-3600', '3600', '604800'];
      const printed = python(
        [join(import.meta.dirname, 'write_results.py'), root, ...lifetimes],
        folder ?? '',
      );
      const files = (JSON.parse(printed) as string[]).map((stem) => ({
        result: resultPath(stem),
        metadata: metadataPath(stem),
        bytes: readFileSync(resultPath(stem)).length + readFileSync(metadataPath(stem)).length,
      }));
      expect(readFileSync(files[0]?.result ?? '').subarray(0, 4)).toEqual(MAGIC);
      const { counts } = await clean({ root });
      expect(files.map(standing)).toEqual(['none', 'none', 'both', 'both']);
      const freedBytes = (files[0]?.bytes ?? 0) + (files[1]?.bytes ?? 0);
      expect(counts).toEqual({ checked: 4, deleted: 2, freedBytes, errors: 0, leftovers: 0 });
    });
  },
);
