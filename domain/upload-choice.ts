import type { ErrorCode } from './errors.ts';

/** What the choice looks at of a provider account. */
export interface Eligible {
  readonly name: string;
  readonly offersStores: boolean;
  /** Bytes. */
  readonly maxFileBytes: number;
}

export interface ChoiceWish {
  /** Name of the provider that was asked for; null = the service chooses. */
  readonly asked: string | null;
  /** The file goes into a vector store of a session. */
  readonly forStore: boolean;
  readonly sizeBytes: number;
}

/** Accounts that may take the file, in the order in which they are tried; or the code that tells why none may. */
export type Choice<A> =
  | { readonly accounts: readonly [A, ...A[]] }
  | {
      readonly refusal: Extract<ErrorCode, 'PROVIDER_UNKNOWN' | 'PROVIDER_HAS_NO_STORES' | 'FILE_TOO_LARGE'>;
    };

/** Who may take a file, of the `accounts` in the order of preference. */
export function chooseAccounts<A extends Eligible>(accounts: readonly A[], wish: ChoiceWish): Choice<A> {
  const named = accounts.filter(({ name }) => wish.asked === null || name === wish.asked);
  if (named.length === 0) return { refusal: 'PROVIDER_UNKNOWN' };
  const suited = named.filter(({ offersStores }) => offersStores || !wish.forStore);
  if (suited.length === 0) return { refusal: 'PROVIDER_HAS_NO_STORES' };
  const [first, ...rest] = suited.filter(({ maxFileBytes }) => wish.sizeBytes <= maxFileBytes);
  return first === undefined ? { refusal: 'FILE_TOO_LARGE' } : { accounts: [first, ...rest] };
}
