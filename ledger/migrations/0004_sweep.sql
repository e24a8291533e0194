-- One sweep at a time and account. A run whose process died shows no pulse any more: the next one takes its place.
ALTER TABLE sweep_run ADD COLUMN holder text NOT NULL;
ALTER TABLE sweep_run ADD COLUMN pulse_at timestamptz NOT NULL DEFAULT clock_timestamp();
ALTER TABLE sweep_run ADD COLUMN invalid_detail text;
-- What each step did, or in a dry run would do; lists that are cut at a hundred.
ALTER TABLE sweep_run ADD COLUMN actions jsonb NOT NULL DEFAULT '{}';
CREATE UNIQUE INDEX sweep_run_open ON sweep_run (account_id) WHERE finished_at IS NULL;

-- What the listing of a run has shown so far. It becomes the truth of listed_store once all of it is in and found
-- valid, so that neither half a listing nor a lie is believed, and no process has to hold it in memory.
CREATE TABLE sweep_seen (
  run_id bigint NOT NULL REFERENCES sweep_run ON DELETE CASCADE,
  store_id text NOT NULL,
  instance_id text,
  lease_id uuid,
  session_id text,
  name text NOT NULL,
  status text NOT NULL,
  created_at timestamptz NOT NULL,
  expires_at timestamptz,
  usage_bytes bigint NOT NULL,
  PRIMARY KEY (run_id, store_id)
);

-- Valid runs in a row that missed the store of a live lease while the provider knew it neither by its id.
ALTER TABLE store ADD COLUMN missing_runs smallint NOT NULL DEFAULT 0;
ALTER TABLE store ADD COLUMN missing_run_id bigint;
-- Why the sweep deletes it; null where a drain does.
ALTER TABLE store ADD COLUMN delete_reason text;
ALTER TABLE store ADD COLUMN last_error text;
CREATE INDEX store_held ON store (account_id, store_id) WHERE state = 'held';
CREATE INDEX store_deleting ON store (account_id, store_id) WHERE state = 'deleting';
CREATE INDEX store_missing ON store (account_id, store_id) WHERE missing_runs > 0;
