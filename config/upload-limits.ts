import type { ProviderName, UploadLimits } from '../domain/providers.ts';
import type { Config } from './schema.ts';

const MIB = 2 ** 20;
const GIB = 2 ** 30;

/**
 * What each provider allows by its own documentation, and the purpose it wants (the contract's numbers). OpenAI takes
 * 512 MB a file and does not count files; Kimi 100 MB, 1000 files and 10 GB; GLM 100 MB and 100 files, kept 180 days.
 */
const BY_PROVIDER: Readonly<Record<ProviderName, UploadLimits>> = {
  openai: {
    maxFileBytes: 512 * MIB,
    maxFiles: null,
    maxTotalBytes: null,
    keptDays: null,
    defaultPurpose: 'assistants',
  },
  kimi: {
    maxFileBytes: 100 * MIB,
    maxFiles: 1_000,
    maxTotalBytes: 10 * GIB,
    keptDays: null,
    defaultPurpose: 'file-extract',
  },
  glm: {
    maxFileBytes: 100 * MIB,
    maxFiles: 100,
    maxTotalBytes: null,
    keptDays: 180,
    defaultPurpose: 'agent',
  },
};

/** The setting with the largest file of a provider, where it has one of its own. */
export function fileSizeSetting(name: string): string {
  return `MAX_FILE_SIZE_${name.toUpperCase()}`;
}

/** Bytes of the largest file as configured: the provider's own setting, or `MAX_FILE_SIZE` where it has none. */
export function configuredFileBytes(config: Config, name: string): number {
  const settings: Readonly<Record<string, unknown>> = { ...config };
  const own = settings[fileSizeSetting(name)];
  return typeof own === 'number' ? own : config.MAX_FILE_SIZE;
}

/** The provider's limits, with the smaller of both sizes. */
export function uploadLimits(config: Config, name: ProviderName): UploadLimits {
  const limits = BY_PROVIDER[name];
  return { ...limits, maxFileBytes: Math.min(limits.maxFileBytes, configuredFileBytes(config, name)) };
}
