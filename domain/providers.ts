/** The providers that files can be uploaded to, in the order in which one is chosen. */
export const PROVIDER_NAMES = ['openai', 'kimi', 'glm'] as const;
export type ProviderName = (typeof PROVIDER_NAMES)[number];

/** What a provider allows and expects of uploads. Sizes in bytes; null = no limit. */
export interface UploadLimits {
  /** Largest file: the provider's own limit or ours, whichever is smaller. */
  readonly maxFileBytes: number;
  /** Files an account may hold. */
  readonly maxFiles: number | null;
  /** Bytes an account may hold. */
  readonly maxTotalBytes: number | null;
  /** Days after which the provider drops a file by itself. */
  readonly keptDays: number | null;
  /** Purpose of an upload that names none. */
  readonly defaultPurpose: string;
}

export function isProviderName(text: string): text is ProviderName {
  return (PROVIDER_NAMES as readonly string[]).includes(text);
}
