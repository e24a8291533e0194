/**
 * Who answers at the provider's end. A 404 proves that something is gone only when it comes from the account
 * that the thing was made in.
 */
export interface Account {
  /** `openai`, or the name of a compatible provider. */
  readonly provider: string;
  /** Without a trailing slash. */
  readonly baseUrl: string;
  /** Organisation and project as `org/project` where known, else empty. */
  readonly organization: string;
  readonly testMode: boolean;
  /** First 16 hex digits of the SHA-256 of the key; never the key. */
  readonly keyFingerprint: string;
}
