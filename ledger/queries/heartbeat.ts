import type { Db } from '../open.ts';

const BEAT = {
  name: 'beat',
  text: `
INSERT INTO worker_heartbeat (worker_id) VALUES ($1)
ON CONFLICT (worker_id) DO UPDATE SET seen_at = clock_timestamp()`,
};
const FORGET = {
  name: 'forget-workers',
  text: `DELETE FROM worker_heartbeat WHERE seen_at < clock_timestamp() - interval '1 day'`,
};
const AGE = {
  name: 'heartbeat-age',
  text: `SELECT (extract(epoch FROM clock_timestamp() - max(seen_at)) * 1000)::float8 AS age_ms FROM worker_heartbeat`,
};

/** A worker says that it lives. */
export async function beat(db: Db, workerId: string): Promise<void> {
  await db.rows(BEAT, [workerId]);
  await db.rows(FORGET, []);
}

/** Milliseconds since any worker was last heard of; null if none ever was. */
export async function heartbeatAgeMs(db: Db): Promise<number | null> {
  const [row] = await db.rows<{ age_ms: number | null }>(AGE, []);
  return row?.age_ms ?? null;
}
