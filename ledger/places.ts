/**
 * One row for each vector store that takes a place in account `$1`, with who holds it. A store is known from its
 * lease or from the last valid listing, and counted once; one that is proven deleted is not there, whatever the
 * listing says. A claim without a store takes a place of its own until the listing shows a store with its tag.
 *
 * For use as a common table expression.
 */
export const PLACES = `
SELECT CASE WHEN l.state = 'closed' THEN 'unleased' WHEN l.state <> 'draining' THEN 'live'
    WHEN l.stuck_at IS NULL THEN 'draining' ELSE 'stuck' END AS holder
  FROM store s JOIN lease l ON l.lease_id = s.lease_id
  WHERE s.account_id = $1 AND s.state IN ('held', 'deleting')
UNION ALL
SELECT 'live' FROM lease p
    LEFT JOIN LATERAL (
      SELECT t.store_id FROM listed_store t
      WHERE t.lease_id = p.lease_id AND t.account_id = $1 AND t.kind <> 'foreign' AND t.store_id <> ALL (
        ARRAY(SELECT s.store_id FROM store s WHERE s.lease_id = p.lease_id))
      LIMIT 1
    ) AS made ON true
  WHERE p.account_id = $1 AND p.state = 'provisioning' AND made.store_id IS NULL
UNION ALL
SELECT CASE WHEN l.state IN ('provisioning', 'active') THEN 'live'
    WHEN l.state = 'draining' THEN CASE WHEN l.stuck_at IS NULL THEN 'draining' ELSE 'stuck' END
    WHEN t.kind = 'foreign' THEN 'foreign' ELSE 'unleased' END
  FROM listed_store t JOIN account a ON a.account_id = t.account_id
    LEFT JOIN LATERAL (
      SELECT * FROM store
      WHERE provider = a.provider AND base_url = a.base_url AND store_id = t.store_id OFFSET 0
    ) AS s ON true
    LEFT JOIN lease l ON l.lease_id = coalesce(s.lease_id, CASE WHEN t.kind <> 'foreign' THEN t.lease_id END)
  WHERE t.account_id = $1
    AND (s.state IS NULL OR s.state = 'abandoned' OR (s.state <> 'deleted' AND s.account_id <> $1))`;
