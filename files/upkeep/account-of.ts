import type { ProofDeps } from '../../deletion/deps.ts';
import type { FileAccount } from '../deps.ts';
import type { UpkeepDeps } from './deps.ts';

/** Where something was made: a change of the key makes another account of it, and no other place. */
export interface Place {
  readonly provider: string;
  readonly baseUrl: string;
}

/** The configured account through which the place can be asked; `undefined` where none is configured any more. */
export function accountOf({ accounts }: UpkeepDeps, place: Place): FileAccount | undefined {
  return accounts.find(
    ({ provider: { account } }) => account.provider === place.provider && account.baseUrl === place.baseUrl,
  );
}

/** What the proofs of that account work with. */
export function proofDeps({ ledger, settings }: UpkeepDeps, { provider, accountId }: FileAccount): ProofDeps {
  return { ledger, provider, accountId, settings };
}

/** Why nothing can be asked there. */
export function notConfigured({ provider }: Place): string {
  return `no key is configured for the account at ${provider} that it was uploaded to`;
}
