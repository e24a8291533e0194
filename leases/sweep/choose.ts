import type { ListedKind } from '../../domain/listed-store.ts';
import type { Db } from '../../ledger/index.ts';
import { countListed, listStrays, type StrayStore } from '../../ledger/queries/list-strays.ts';
import { newestListing, type NewestListing } from '../../ledger/queries/operator-leases.ts';
import { pages } from './run.ts';

export type { StrayStore } from '../../ledger/queries/list-strays.ts';
export type { NewestListing } from '../../ledger/queries/operator-leases.ts';

/** Which listed stores an operator means. */
export type Choice =
  /** What this installation tagged with leases that its ledger does not know. */
  | { readonly kind: 'ledger_lost' }
  /** What another, lost installation tagged. */
  | { readonly kind: 'instance'; readonly instanceId: string }
  /** Stores without any tag, by the beginning of their name and their age. */
  | { readonly kind: 'untagged'; readonly namePrefix: string; readonly olderThanMs: number };

function fits(store: StrayStore, choice: Choice): boolean {
  switch (choice.kind) {
    case 'ledger_lost':
      return true;
    case 'instance':
      return store.instanceId === choice.instanceId;
    case 'untagged':
      return (
        store.instanceId === null &&
        store.leaseId === null &&
        store.name.startsWith(choice.namePrefix) &&
        store.ageMs > choice.olderThanMs
      );
  }
}

/** The chosen stores of the last valid listing, oldest first. */
export async function chosenStores(
  db: Db,
  listing: NewestListing,
  choice: Choice,
): Promise<readonly StrayStore[]> {
  const kinds: ListedKind[] = [choice.kind === 'ledger_lost' ? 'ledger_lost' : 'foreign'];
  const chosen: StrayStore[] = [];
  for await (const page of pages((at) => listStrays(db, { ...listing, kinds }, at))) {
    chosen.push(...page.filter((store) => fits(store, choice)));
  }
  return chosen.toSorted((one, other) => one.createdAtMs - other.createdAtMs);
}

/** The listing that a command goes by, and what it counted. */
export async function lastListing(db: Db): Promise<
  | {
      readonly listing: NewestListing;
      readonly counts: Readonly<Partial<Record<ListedKind, number>>>;
    }
  | undefined
> {
  const listing = await newestListing(db);
  return listing && { listing, counts: await countListed(db, listing.accountId) };
}
