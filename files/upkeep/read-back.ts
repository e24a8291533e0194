import { createHash } from 'node:crypto';
import { ProviderFailure } from '../../providers/failure.ts';
import type { StoreProvider } from '../../providers/port.ts';

/** What the file is to be. */
export interface Expected {
  readonly fileId: string;
  readonly sizeBytes: number;
  /** Hexadecimal, lower case. */
  readonly sha256: string;
}

/** Whether the provider's file is the one, byte for byte, or why that cannot be told. */
export type ReadBack = 'same' | 'other' | ProviderFailure;

/** Reads the file and hashes what comes; nothing is kept. */
export async function readBack(
  provider: StoreProvider,
  expected: Expected,
  options: { readonly deadlineMs: number; readonly signal: AbortSignal },
): Promise<ReadBack> {
  const hash = createHash('sha256');
  try {
    const maxBytes = expected.sizeBytes;
    for await (const chunk of provider.fileContent(expected.fileId, { ...options, maxBytes }))
      hash.update(chunk);
  } catch (error) {
    if (error instanceof ProviderFailure) return error;
    throw error;
  }
  return hash.digest('hex') === expected.sha256 ? 'same' : 'other';
}
