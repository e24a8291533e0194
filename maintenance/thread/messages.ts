/** What a thread is started with. */
export interface ThreadStart {
  readonly input: unknown;
  /** One 32-bit number; other than 0 = the thread shall stop. Shared, because a busy thread hears no messages. */
  readonly stop: Int32Array;
}

/** What a thread says. `code` is that of the error, such as `ERR_SQLITE_ERROR`. */
export type ThreadMessage =
  | { readonly kind: 'beat'; readonly progress: unknown }
  | { readonly kind: 'done'; readonly answer: unknown }
  | { readonly kind: 'failed'; readonly message: string; readonly code: string | undefined };

/** A failure inside a thread, as far as it can cross over. */
export class ThreadError extends Error {
  readonly code: string | undefined;
  constructor(message: string, code: string | undefined) {
    super(message);
    this.name = 'ThreadError';
    this.code = code;
  }
}
