/** Why a run ends. */
export interface StopRequest {
  /** For a person: `Ctrl-C`, `SIGTERM`, `the worker ended (code 1)`. */
  readonly why: string;
  readonly exitCode: number;
}

export interface StopRequests {
  /** Resolves with the first request. */
  readonly first: Promise<StopRequest>;
  request(request: StopRequest): void;
  requested(): StopRequest | null;
  /** Gives the signals back. */
  close(): void;
}

/**
 * Collects the wish to stop from signals and from parts that die. A second signal runs `force`, for a person who
 * will not wait.
 */
export function listenForStop(force: () => void): StopRequests {
  let asked: StopRequest | null = null;
  let resolveFirst: (request: StopRequest) => void = () => undefined;
  const first = new Promise<StopRequest>((resolve) => (resolveFirst = resolve));
  const request = (wish: StopRequest) => {
    asked ??= wish;
    resolveFirst(asked);
  };
  let signals = 0;
  const onSignal = (name: NodeJS.Signals) => {
    signals += 1;
    if (signals > 1) force();
    request({ why: name === 'SIGINT' ? 'Ctrl-C' : name, exitCode: 0 });
  };
  const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const name of names) process.on(name, onSignal);
  return {
    first,
    request,
    requested: () => asked,
    close: () => {
      for (const name of names) process.off(name, onSignal);
    },
  };
}
