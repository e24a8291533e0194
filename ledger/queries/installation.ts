import { randomUUID } from 'node:crypto';
import type { Account } from '../../domain/account.ts';
import type { Db } from '../open.ts';

export interface Installation {
  readonly instanceId: string;
  readonly testMode: boolean;
}

/** The first starter decides; a later TEST_MODE counts only while there is nothing it could endanger. */
const ENSURE = {
  name: 'ensure-installation',
  text: `
INSERT INTO installation (instance_id, test_mode) VALUES ($1, $2)
ON CONFLICT (singleton) DO UPDATE SET
  instance_id = coalesce($3, installation.instance_id),
  test_mode = CASE WHEN EXISTS (SELECT FROM lease) THEN installation.test_mode ELSE excluded.test_mode END
RETURNING instance_id, test_mode`,
};
const ACCOUNT = {
  name: 'ensure-account',
  text: `
INSERT INTO account (provider, base_url, organization, test_mode, key_fingerprint) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (provider, base_url, organization, test_mode, key_fingerprint) DO UPDATE SET provider = excluded.provider
RETURNING account_id`,
};

/** TEST_MODE and real leases would share a ledger. */
export class TestModeMismatchError extends Error {
  constructor(ledgerTestMode: boolean) {
    super(
      ledgerTestMode
        ? 'This ledger holds leases of TEST_MODE; it cannot serve a real provider. Use another database or DATA_DIR.'
        : 'This ledger holds leases of a real provider; TEST_MODE cannot use it. Use another database or DATA_DIR.',
    );
    this.name = 'TestModeMismatchError';
  }
}

/**
 * Who this installation is: `instanceId` where configured, else the one made at the first start.
 *
 * @throws TestModeMismatchError when the ledger's leases are of the other mode.
 */
export async function ensureInstallation(
  db: Db,
  wanted: { readonly instanceId: string | undefined; readonly testMode: boolean },
): Promise<Installation> {
  const [row] = await db.rows<{ instance_id: string; test_mode: boolean }>(ENSURE, [
    wanted.instanceId ?? randomUUID(),
    wanted.testMode,
    wanted.instanceId ?? null,
  ]);
  if (row === undefined) throw new Error('the installation row could not be written');
  if (row.test_mode !== wanted.testMode) throw new TestModeMismatchError(row.test_mode);
  return { instanceId: row.instance_id, testMode: row.test_mode };
}

/** The row of a provider account, made when missing. */
export async function ensureAccount(db: Db, account: Account): Promise<number> {
  const [row] = await db.rows<{ account_id: number }>(ACCOUNT, [
    account.provider,
    account.baseUrl,
    account.organization,
    account.testMode,
    account.keyFingerprint,
  ]);
  if (row === undefined) throw new Error('the account row could not be written');
  return row.account_id;
}
