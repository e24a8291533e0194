import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { providerAt } from './provider-fixture.ts';
import type { ProviderName } from '../../../domain/providers.ts';
import type { NewFile, StoreProvider } from '../../../providers/port.ts';
import { scratchDirectory } from '../../support/parts.ts';
import { PREFIXES, type SimulatorFixture } from '../simulator/simulator-fixture.ts';

/** Purpose of an upload that names none, as each provider has it. */
export const PURPOSES: Readonly<Record<ProviderName, string>> = {
  openai: 'assistants',
  kimi: 'file-extract',
  glm: 'agent',
};

export const sha256Of = (content: string | Uint8Array): string =>
  createHash('sha256').update(content).digest('hex');

/** The provider as the simulator of the fixture plays it. */
export function providerOf(
  { simulator }: Pick<SimulatorFixture, 'simulator'>,
  name: ProviderName,
  overrides: Parameters<typeof providerAt>[1] = {},
): StoreProvider {
  return providerAt(`${simulator.url}${PREFIXES[name]}`, { name, ...overrides });
}

/** A file on disk, ready to be uploaded; it goes with the test. */
export function newFile(content: string | Uint8Array, changes: Partial<NewFile> = {}): NewFile {
  const path = join(scratchDirectory('upload'), 'content');
  writeFileSync(path, content);
  return {
    uploadId: 'upload-1',
    path,
    sizeBytes: Buffer.byteLength(content),
    filename: 'notes.txt',
    mimeType: 'text/plain',
    purpose: 'assistants',
    ...changes,
  };
}

/** The bytes that a provider gives back, in one piece. */
export async function joined(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all);
}
