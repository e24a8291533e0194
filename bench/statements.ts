/** As the api opens its pool by default. */
export const POOL_SIZE = 10;

/** One write and one read of the row that a renewal is about: what the ledger costs at the very least. */
export const WRITE = {
  name: 'bench-write',
  text: "UPDATE lease SET renewed_at = clock_timestamp() WHERE session_id = $1 AND state = 'active' RETURNING lease_id",
};
export const READ = {
  name: 'bench-read',
  text: "SELECT lease_id, vector_store_id, expires_at FROM lease WHERE session_id = $1 AND state = 'active'",
};
