-- One row: who this installation is.
CREATE TABLE installation (
  singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
  instance_id text NOT NULL,
  test_mode boolean NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE account (
  account_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  provider text NOT NULL,
  base_url text NOT NULL,
  organization text NOT NULL,
  test_mode boolean NOT NULL,
  key_fingerprint text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  UNIQUE (provider, base_url, organization, test_mode, key_fingerprint)
);

-- Something made under the old account was seen through the new one: both keys open the same account.
CREATE TABLE account_proof (
  old_account_id integer NOT NULL REFERENCES account,
  new_account_id integer NOT NULL REFERENCES account,
  proven_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (old_account_id, new_account_id)
);

-- expires_at and renewed_at stand in no index, so that a renewal stays a heap-only update.
CREATE TABLE lease (
  lease_id uuid PRIMARY KEY,
  session_id text NOT NULL,
  state text NOT NULL CHECK (state IN ('provisioning', 'active', 'draining', 'closed')),
  account_id integer NOT NULL REFERENCES account,
  vector_store_id text,
  registered boolean NOT NULL DEFAULT false,
  protected boolean NOT NULL DEFAULT false,
  let_go boolean NOT NULL DEFAULT false,
  expires_at timestamptz,
  renewed_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  ended_at timestamptz,
  closed_at timestamptz,
  end_reason text,
  entry_count integer NOT NULL DEFAULT 0,
  claim_token uuid,
  claim_until timestamptz,
  claim_error text,
  claim_retry_after_seconds integer,
  uncertain boolean NOT NULL DEFAULT false,
  empty_listings smallint NOT NULL DEFAULT 0,
  last_listing_at timestamptz,
  expiry_protected boolean NOT NULL DEFAULT false,
  wanted_version bigint NOT NULL DEFAULT 1,
  seen_version bigint NOT NULL DEFAULT 0,
  changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  reconciled_at timestamptz,
  wake_at timestamptz NOT NULL,
  attempts integer NOT NULL DEFAULT 0,
  failing_since timestamptz,
  stuck_at timestamptz,
  last_error text,
  next_try_at timestamptz,
  CHECK (state <> 'active' OR vector_store_id IS NOT NULL),
  CHECK (state <> 'active' OR protected = (expires_at IS NULL))
) WITH (fillfactor = 70);

CREATE UNIQUE INDEX lease_live ON lease (session_id) WHERE state IN ('provisioning', 'active');
CREATE INDEX lease_draining ON lease (session_id) WHERE state = 'draining';
CREATE INDEX lease_session ON lease (session_id, created_at DESC);
CREATE INDEX lease_newest ON lease (created_at DESC, lease_id DESC);
CREATE INDEX lease_wake ON lease (wake_at) WHERE state <> 'closed';
CREATE INDEX lease_closed ON lease (closed_at) WHERE state = 'closed';

-- One row per provider store: who holds it, or that it is being deleted, or proven deleted.
CREATE TABLE store (
  provider text NOT NULL,
  base_url text NOT NULL,
  store_id text NOT NULL,
  account_id integer NOT NULL REFERENCES account,
  lease_id uuid NOT NULL REFERENCES lease,
  state text NOT NULL CHECK (state IN ('held', 'deleting', 'deleted')),
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  not_found_at timestamptz,
  deleted_at timestamptz,
  PRIMARY KEY (provider, base_url, store_id)
);
CREATE INDEX store_lease ON store (lease_id);

-- One row per provider file, whoever tracks it; the account is the one it was first seen under.
CREATE TABLE file (
  file_key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  provider text NOT NULL,
  base_url text NOT NULL,
  provider_file_id text NOT NULL,
  account_id integer NOT NULL REFERENCES account,
  tracked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  deleted_at timestamptz,
  not_found_at timestamptz,
  provider_deleted_at timestamptz,
  last_error text,
  CHECK (provider_deleted_at IS NULL OR deleted_at IS NOT NULL),
  UNIQUE (provider, base_url, provider_file_id)
);

-- What a caller tracked, as posted. Entries may exceed what an index row holds, so their hash stands for them.
CREATE TABLE lease_entry (
  lease_id uuid NOT NULL REFERENCES lease ON DELETE CASCADE,
  kind text NOT NULL CHECK (kind IN ('id', 'path')),
  entry_hash bytea NOT NULL,
  entry text NOT NULL,
  position bigint GENERATED ALWAYS AS IDENTITY,
  file_key bigint REFERENCES file,
  PRIMARY KEY (lease_id, kind, entry_hash)
);
CREATE INDEX lease_entry_file ON lease_entry (file_key) WHERE file_key IS NOT NULL;

CREATE TABLE worker_heartbeat (
  worker_id text PRIMARY KEY,
  started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  seen_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Findings that readiness shows until they are old.
CREATE TABLE notice (
  kind text PRIMARY KEY,
  detail text NOT NULL,
  seen_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
