import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where `record.ts` keeps the histories. */
export const HISTORIES = fileURLToPath(new URL('histories', import.meta.url));

/** Every recorded history by the name of its scenario. */
export function recordedHistories(): ReadonlyMap<string, unknown> {
  const files = readdirSync(HISTORIES).filter((file) => file.endsWith('.json'));
  return new Map(
    files.map((file) => [
      file.slice(0, -'.json'.length),
      JSON.parse(readFileSync(join(HISTORIES, file), 'utf8')) as unknown,
    ]),
  );
}
