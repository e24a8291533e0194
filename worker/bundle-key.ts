import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const ROOT = new URL('../', import.meta.url);
/** The rooms whose code ends up in the bundle. */
const BUNDLED_ROOMS = ['workflows', 'domain', 'activities/contract.ts'];

/** The workflows' entry module. */
export const WORKFLOWS_PATH = fileURLToPath(new URL('workflows/index.ts', ROOT));
/** The module that reads what is sent to a workflow. */
export const PAYLOAD_CONVERTER_PATH = fileURLToPath(new URL('workflows/payload-converter.ts', ROOT));

/** Changes with the workflows' source, the SDK that bundles it and the Node version that runs it. */
export function bundleKey(): string {
  const hash = createHash('sha256');
  hash.update(`${sdkVersion()} ${process.version}\n`);
  for (const path of BUNDLED_ROOMS.flatMap(sources)) {
    hash.update(`${path}\n`);
    hash.update(readFileSync(new URL(path, ROOT)));
  }
  return hash.digest('hex').slice(0, 32);
}

function sources(path: string): string[] {
  if (path.endsWith('.ts')) return [path];
  const files = readdirSync(new URL(`${path}/`, ROOT), { recursive: true, encoding: 'utf8' });
  return files
    .filter((file) => file.endsWith('.ts'))
    .toSorted()
    .map((file) => `${path}/${file}`);
}

function sdkVersion(): string {
  const manifest = createRequire(import.meta.url)('@temporalio/worker/package.json') as { version: string };
  return manifest.version;
}
