/** What the control routes of the simulator speak: faults, journal, state. Names are as on the wire. */

/** Every provider route, under the name that faults and the journal use. */
export const OPERATIONS = [
  'create_store',
  'list_stores',
  'retrieve_store',
  'update_store',
  'delete_store',
  'attach_file',
  'list_store_files',
  'retrieve_store_file',
  'detach_file',
  'create_file_batch',
  'retrieve_file_batch',
  'list_file_batch',
  'upload_file',
  'list_files',
  'retrieve_file',
  'file_content',
  'delete_file',
] as const;
export type Operation = (typeof OPERATIONS)[number];

/** Which calls a fault is for; every named condition must hold, none = every call. */
export interface CallMatch {
  readonly operation?: Operation;
  readonly method?: string;
  /** Regular expression over the path, with the `/v1`, `/kimi/v1` or `/glm/v4` of the provider. */
  readonly path?: string;
  /** Id of the store or file that the call is about. */
  readonly id?: string;
  /** `lease_id` in the metadata of the store that the call makes or is about. */
  readonly lease?: string;
}

/**
 * Before the call took effect, or after it did and before it is answered. `during`, of an upload only: the first bytes
 * of the body have arrived, and the rest is not read.
 */
export type Phase = 'before' | 'during' | 'after';

export type Fault =
  | {
      readonly kind: 'status';
      readonly status: number;
      /** Value of the `Retry-After` header. */
      readonly retry_after?: string | number;
      /** Value of the `retry-after-ms` header. */
      readonly retry_after_ms?: number;
      /** JSON value, or a string that is sent as it is with type text/html. */
      readonly body?: unknown;
    }
  /** Never answered; ends when the client goes away. */
  | { readonly kind: 'hang' }
  /** Waits for `POST /_control/release/{name}`. */
  | { readonly kind: 'hold'; readonly name: string }
  /** The connection is cut without an answer; the call had no effect. */
  | { readonly kind: 'drop_before' }
  /** The connection is cut without an answer; the call took effect. */
  | { readonly kind: 'drop_after' }
  /** The listing is empty, with `has_more` as given (default false). */
  | { readonly kind: 'empty_list'; readonly has_more?: boolean }
  /** The listing shows its first page whatever `after` says, and claims that there is more. */
  | { readonly kind: 'repeat_cursor' }
  /** The deletion is answered with `deleted` as given (default true) and does nothing. */
  | { readonly kind: 'delete_noop'; readonly deleted?: boolean }
  /** What the call creates or attaches is unknown to every other call for so many calls, or milliseconds. */
  | { readonly kind: 'appear_late'; readonly after_calls?: number; readonly ms?: number }
  | { readonly kind: 'latency'; readonly ms: number }
  /** Takes effect, then answers 200 with text that is not JSON. */
  | { readonly kind: 'invalid_json' }
  /** Takes effect, then answers with this JSON value instead. */
  | { readonly kind: 'answer'; readonly body: unknown }
  /** Takes effect, sends half of the answer, then nothing more. */
  | { readonly kind: 'stall_body' }
  /** Takes effect, sends half of the answer, then cuts the connection. */
  | { readonly kind: 'cut_body' };

export interface FaultRule {
  readonly match?: CallMatch;
  /** How many calls it hits; 0 = every one until the faults are cleared. Default 1. */
  readonly times?: number;
  /** Matching calls that are let through first. Default 0. */
  readonly skip?: number;
  readonly fault: Fault;
  /** For `status`, `hang`, `hold` and `latency`; default `before`. Not `during` for `status`. */
  readonly phase?: Phase;
}

export type Effect = 'created' | 'updated' | 'deleted' | 'attached' | 'detached' | 'none';

/** One provider call. Times are epoch milliseconds. */
export interface JournalEntry {
  /** In the order of arrival, from 1. */
  readonly seq: number;
  readonly at_ms: number;
  readonly operation: Operation | 'unknown';
  readonly method: string;
  readonly path: string;
  readonly query: string;
  /** The store or file that the call is about, or that it made. */
  readonly target: string | null;
  /** `lease_id` in the metadata of that store. */
  readonly lease: string | null;
  readonly effect: Effect;
  /** In the order of taking effect; null where nothing changed. */
  readonly effect_seq: number | null;
  readonly effect_at_ms: number | null;
  /** What was answered; `open` while it is not, `client_gone` where nobody waited any longer. */
  readonly status: number | 'open' | 'dropped' | 'client_gone';
  readonly answered_at_ms: number | null;
  /** Kind of the fault that the call met. */
  readonly fault: Fault['kind'] | null;
  /** First 16 hex digits of the SHA-256 of the key. */
  readonly key: string | null;
  /** Of the content of an upload that arrived whole, in hexadecimal, and how many bytes it has; else null. */
  readonly sha256: string | null;
  readonly bytes: number | null;
}

export interface JournalPage {
  /** Changes when the simulator restarts: `seq` then starts again. */
  readonly boot: string;
  readonly entries: readonly JournalEntry[];
  readonly last_seq: number;
  /** Entries that fell out of the bounded journal since the start. */
  readonly forgotten: number;
}

export interface HeldCall {
  readonly name: string;
  readonly phase: Phase;
  readonly seq: number;
  readonly operation: Operation | 'unknown';
  readonly target: string | null;
  readonly lease: string | null;
  readonly since_ms: number;
}

/**
 * What is answered to whoever wants the bytes of a file back that was uploaded for its provider's default purpose.
 * `refused`: as documented, OpenAI and GLM give nothing, Kimi the text that it took out of the file. `given`: the bytes.
 */
export const CONTENT_RULES = ['refused', 'given'] as const;

export interface SimulatorConfig {
  /** Added to every provider call, before it takes effect. */
  readonly latency_ms: number;
  /** Stores one account may have; 0 = no limit. */
  readonly store_limit: number;
  /** Files one store may hold; 0 = no limit. */
  readonly files_per_store: number;
  /** Files one account may have at each provider; 0 = no limit. */
  readonly openai_file_limit: number;
  readonly kimi_file_limit: number;
  readonly glm_file_limit: number;
  /** Bytes of all files of one account; 0 = no limit. */
  readonly openai_storage_limit: number;
  readonly kimi_storage_limit: number;
  readonly glm_storage_limit: number;
  readonly assistants_content: (typeof CONTENT_RULES)[number];
  /** Every key sees every object. */
  readonly share_accounts: boolean;
}

export interface StateView {
  readonly boot: string;
  readonly config: SimulatorConfig;
  readonly stores: readonly {
    readonly id: string;
    readonly name: string;
    readonly status: string;
    readonly account: string;
    readonly created_at: number;
    readonly expires_after_days: number | null;
    readonly metadata: Readonly<Record<string, string>>;
    readonly files: readonly string[];
  }[];
  readonly files: readonly {
    readonly id: string;
    readonly filename: string;
    readonly bytes: number;
    readonly sha256: string;
    readonly purpose: string;
    readonly created_at: number;
    /** The fingerprint of the key, after `kimi:` or `glm:` at these. */
    readonly account: string;
  }[];
}
