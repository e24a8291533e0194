import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { prebuiltBundle } from '../../../worker/bundle.ts';
import { bundleKey } from '../../../worker/bundle-key.ts';
import { bundleWithChange } from '../../replay/changed-bundle.ts';
import { scratchDirectory } from '../../support/parts.ts';

test('the workflows bundle, and the bundle is kept under the key of its sources', async () => {
  const directory = scratchDirectory('bundle');
  const path = await prebuiltBundle(directory);
  expect(path).toContain(bundleKey());
  expect(existsSync(path)).toBe(true);
  expect(await prebuiltBundle(directory)).toBe(path);
});

test('a module that is not deterministic does not get in', async () => {
  const planted = bundleWithChange('session.ts', {
    from: 'export async function session',
    to: "import { randomUUID } from 'node:crypto';\nconsole.log(randomUUID());\nexport async function session",
  });
  await expect(planted).rejects.toThrow(/crypto/);
});
