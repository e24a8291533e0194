/**
 * `place`: one row for each vector store that takes a place in account `$1`, with who holds it. A store is known
 * from its lease or from the last valid listing, and counted once; one that is proven deleted is not there, whatever
 * the listing says. A claim without a store takes a place of its own until the listing shows a store with its tag, and
 * so does one that was given up while its create may still take effect.
 *
 * Large accounts have ten thousand stores: each lease is read once, and a listed store is looked up only where no
 * lease of the account has it. `NOT IN` is the one way to compare sets that needs no join and is always hashed.
 */
export const PLACES = `
open AS MATERIALIZED (
  SELECT lease_id, state, vector_store_id, uncertain, stuck_at, next_try_at, expires_at FROM lease
  WHERE state <> 'closed' AND account_id = $1
), present AS MATERIALIZED (
  SELECT vector_store_id AS store_id, 'live' AS holder FROM open WHERE state = 'active'
  UNION ALL
  SELECT s.store_id, CASE WHEN open.stuck_at IS NULL THEN 'draining' ELSE 'stuck' END
    FROM open, LATERAL (SELECT store_id FROM store WHERE lease_id = open.lease_id AND state = 'held' OFFSET 0) AS s
    WHERE open.state = 'draining'
  UNION ALL
  SELECT s.store_id, CASE WHEN l.state = 'closed' THEN 'unleased' WHEN l.stuck_at IS NULL THEN 'draining'
      ELSE 'stuck' END
    FROM store s JOIN lease l ON l.lease_id = s.lease_id WHERE s.account_id = $1 AND s.state = 'deleting'
), place AS (
  SELECT holder FROM present
  UNION ALL
  SELECT CASE WHEN open.state = 'provisioning' THEN 'live' WHEN open.stuck_at IS NULL THEN 'draining' ELSE 'stuck' END
    FROM open
      LEFT JOIN LATERAL (
        SELECT t.store_id FROM listed_store t
        WHERE t.lease_id = open.lease_id AND t.account_id = $1 AND t.kind <> 'foreign' AND t.store_id <> ALL (
          ARRAY(SELECT s.store_id FROM store s WHERE s.lease_id = open.lease_id))
        LIMIT 1
      ) AS made ON true
    WHERE made.store_id IS NULL AND (open.state = 'provisioning' OR (open.state = 'draining' AND open.uncertain
      AND NOT EXISTS (SELECT FROM store s WHERE s.lease_id = open.lease_id OFFSET 0)))
  UNION ALL
  SELECT CASE WHEN l.state IN ('provisioning', 'active') THEN 'live'
      WHEN l.state = 'draining' THEN CASE WHEN l.stuck_at IS NULL THEN 'draining' ELSE 'stuck' END
      WHEN t.kind = 'foreign' THEN 'foreign' ELSE 'unleased' END
    FROM listed_store t JOIN account a ON a.account_id = t.account_id
      LEFT JOIN LATERAL (
        SELECT state, lease_id FROM store
        WHERE provider = a.provider AND base_url = a.base_url AND store_id = t.store_id OFFSET 0
      ) AS s ON true
      LEFT JOIN LATERAL (
        SELECT state, stuck_at FROM lease
        WHERE lease_id = coalesce(s.lease_id, CASE WHEN t.kind <> 'foreign' THEN t.lease_id END) OFFSET 0
      ) AS l ON true
    WHERE t.account_id = $1 AND t.store_id NOT IN (SELECT store_id FROM present)
      AND s.state IS DISTINCT FROM 'deleted'
)`;
