/** What the simulator remembers. Times are epoch seconds, as the provider tells them. */

export interface ExpiresAfter {
  readonly anchor: 'last_active_at';
  readonly days: number;
}

interface Ordered {
  readonly id: string;
  /** Order of creation over all objects. */
  readonly n: number;
  readonly account: string;
  readonly created_at: number;
}

export interface StoreRecord extends Ordered {
  readonly name: string;
  readonly description: string | null;
  readonly metadata: Readonly<Record<string, string>>;
  readonly last_active_at: number;
  readonly expires_after: ExpiresAfter | null;
  /** Expired by the control route, whatever the clock says. */
  readonly forced_expired: boolean;
}

export interface FileRecord extends Ordered {
  readonly filename: string;
  readonly purpose: string;
  readonly bytes: number;
  readonly expires_at: number | null;
  /** Hexadecimal. */
  readonly sha256: string;
  /** Base64; null where it is a file of its own. */
  readonly content: string | null;
}

export interface Attachment {
  readonly store: string;
  readonly file: string;
  readonly n: number;
  readonly created_at: number;
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
  readonly batch: string | null;
}

export interface BatchRecord extends Ordered {
  readonly store: string;
  readonly files: readonly string[];
}

/** One line of the durable log. */
export type Change =
  | { readonly put: 'store'; readonly value: StoreRecord }
  | { readonly put: 'file'; readonly value: FileRecord }
  | { readonly put: 'attachment'; readonly value: Attachment }
  | { readonly put: 'batch'; readonly value: BatchRecord }
  | { readonly drop: 'store'; readonly id: string }
  | { readonly drop: 'file'; readonly id: string }
  | { readonly drop: 'attachment'; readonly store: string; readonly file: string };
