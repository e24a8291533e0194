/** Results written by a Python program with the real lz4, as the MCP server's own code writes them. */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { RESULT } from '../../../maintenance/results/names.ts';
import { CLEANERS } from './passes.ts';
import { pythonWith, type Python } from './python.ts';
import { directory, file, metadataPath, resultPath, standing, type PairFiles } from './tree.ts';

const python = pythonWith('lz4.frame');
/** How an LZ4 frame begins. */
const MAGIC = Buffer.from([0x04, 0x22, 0x4d, 0x18]);
/** Two that have expired, two that have not: in an hour, and, of those that were recorded, in a hundred years. */
const LIFETIMES = ['-0.001', '-3600', '3600', '3155760000'];

function filesOf(stem: string): PairFiles {
  const [result, metadata] = [resultPath(stem), metadataPath(stem)];
  return { result, metadata, bytes: statSync(result).size + statSync(metadata).size };
}

async function written(run: Python | undefined, root: string): Promise<readonly PairFiles[]> {
  const script = join(import.meta.dirname, 'write_results.py');
  const printed = await run?.([script, root, ...LIFETIMES]);
  return (JSON.parse(printed ?? '[]') as string[]).map(filesOf);
}

/** What the program once wrote with all lifetimes but the third: file names with their content in base64. */
function recorded(root: string): readonly PairFiles[] {
  const fixture = readFileSync(join(import.meta.dirname, 'fixtures/written-by-python.json'), 'utf8');
  const files = Object.entries(JSON.parse(fixture) as Record<string, string>);
  for (const [name, content] of files) file(join(root, name), Buffer.from(content, 'base64'));
  const results = files.map(([name]) => join(root, name)).filter((name) => name.endsWith(RESULT));
  const expiresAt = ({ metadata }: PairFiles) =>
    (JSON.parse(readFileSync(metadata, 'utf8')) as { expires_at: number }).expires_at;
  return results
    .map((name) => filesOf(name.slice(0, -RESULT.length)))
    .toSorted((one, other) => expiresAt(one) - expiresAt(other));
}

describe.each(CLEANERS)('results written by Python, %s', (_name, clean) => {
  it('go when they have expired, as they were recorded', async () => {
    const root = directory();
    const files = recorded(root);
    expect(files.map(({ result }) => readFileSync(result).subarray(0, 4))).toEqual([MAGIC, MAGIC, MAGIC]);
    const { counts } = await clean({ root });
    expect(files.map(standing)).toEqual(['none', 'none', 'both']);
    const freedBytes = (files[0]?.bytes ?? 0) + (files[1]?.bytes ?? 0);
    expect(counts).toEqual({ checked: 3, deleted: 2, freedBytes, errors: 0, leftovers: 0 });
  });

  it('go when they have expired, as they are written now', async (test) => {
    test.skip(python === undefined, 'no Python with lz4 is installed');
    const root = directory();
    const files = await written(python, root);
    expect(readFileSync(files[0]?.result ?? '').subarray(0, 4)).toEqual(MAGIC);
    const { counts } = await clean({ root });
    expect(files.map(standing)).toEqual(['none', 'none', 'both', 'both']);
    const freedBytes = (files[0]?.bytes ?? 0) + (files[1]?.bytes ?? 0);
    expect(counts).toEqual({ checked: 4, deleted: 2, freedBytes, errors: 0, leftovers: 0 });
  });
});
