import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A small result; the content does not matter, nobody reads it. */
const RESULT = Buffer.alloc(800, 'r');

/** What the writer's own code puts there. */
function metadata(id: string): string {
  const now = Date.now() / 1000;
  return JSON.stringify({
    total_count: 1_000,
    data_type: 'search',
    query_context: { query: 'where is the answer', path: '/some/where/in/a/project' },
    compression_ratio: 0.15,
    result_id: id,
    checksum: createHash('sha256').update(id).digest('hex'),
    size_bytes: RESULT.length,
    created_at: now - 604_900,
    expires_at: now - 100,
    compressed: true,
  });
}

/** Makes a directory with so many expired pairs, in sessions of `perSession`, or all in one place with 0. */
export function growTree(root: string, pairs: number, perSession: number): void {
  rmSync(root, { recursive: true, force: true });
  mkdirSync(root, { recursive: true });
  let session = root;
  for (let n = 0; n < pairs; n += 1) {
    if (perSession > 0 && n % perSession === 0) {
      session = join(root, `session-${n / perSession}`);
      mkdirSync(session);
    }
    const id = createHash('md5').update(String(n)).digest('hex');
    writeFileSync(join(session, `${id}.result.json.lz4`), RESULT);
    writeFileSync(join(session, `${id}.metadata.json`), metadata(id));
  }
}

/** Has the system forget what it holds of files in memory; false where this process may not. */
export function chill(): boolean {
  try {
    execFileSync('sync');
    writeFileSync('/proc/sys/vm/drop_caches', '3');
    return true;
  } catch {
    return false;
  }
}
