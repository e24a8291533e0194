-- One look over everything that the provider lists, and what came of it.
CREATE TABLE sweep_run (
  run_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  account_id integer NOT NULL REFERENCES account,
  dry_run boolean NOT NULL,
  started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  finished_at timestamptz,
  -- Unknown while it runs; only valid runs count as sightings.
  valid boolean,
  invalid_reason text,
  listed integer NOT NULL DEFAULT 0,
  counts jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX sweep_run_account ON sweep_run (account_id, run_id DESC);

-- What the last valid listing showed, one row a store; rows that a valid listing no longer shows are forgotten.
CREATE TABLE listed_store (
  account_id integer NOT NULL REFERENCES account,
  store_id text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('held', 'claimed', 'deleting', 'deleted', 'abandoned', 'orphan', 'ledger_lost', 'foreign')),
  -- From the store's tags; null where it has none.
  instance_id text,
  lease_id uuid,
  session_id text,
  name text NOT NULL,
  status text NOT NULL,
  created_at timestamptz NOT NULL,
  expires_at timestamptz,
  usage_bytes bigint NOT NULL,
  -- Valid runs in a row that saw it as the kind it is.
  sightings integer NOT NULL,
  first_seen_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  last_run_id bigint NOT NULL,
  why text,
  PRIMARY KEY (account_id, store_id)
);
CREATE INDEX listed_store_kind ON listed_store (account_id, kind);

-- Given up by an operator: stays listed, is never deleted and never held again.
ALTER TABLE store DROP CONSTRAINT store_state_check;
ALTER TABLE store ADD CONSTRAINT store_state_check
  CHECK (state IN ('held', 'deleting', 'deleted', 'abandoned'));
ALTER TABLE store ADD COLUMN abandoned_at timestamptz;
ALTER TABLE file ADD COLUMN abandoned_at timestamptz;
