export interface FindOptions {
  /** `TEMPORAL_CLI`: the binary to use, whatever else there is. */
  readonly configured: string | undefined;
  /** Our own environment: PATH, cache directory, and what `go build` needs. */
  readonly env: Readonly<Record<string, string>>;
  readonly progress: (line: string) => void;
  /** For tests. */
  readonly downloadBaseUrl?: string;
}

export interface TemporalBinary {
  readonly path: string;
  /** As `1.8.2`. */
  readonly version: string;
  readonly source: 'TEMPORAL_CLI' | 'PATH' | 'cache' | 'download' | 'build';
}

/** No usable binary; the message names the ways out. */
export class NoTemporalError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'NoTemporalError';
  }
}
