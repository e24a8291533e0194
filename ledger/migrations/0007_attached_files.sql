-- How far the listing of a store's files has come that goes before the store's deletion.
CREATE TABLE attached_listing (
  provider text NOT NULL,
  base_url text NOT NULL,
  store_id text NOT NULL,
  -- Last file seen by the listing under way; null before its first page.
  cursor text,
  -- Sum of the ids' hashes: of the listing under way, and of the last whole one. Two that are equal agree.
  digest numeric NOT NULL DEFAULT 0,
  last_digest numeric,
  ended_at timestamptz,
  agreed_at timestamptz,
  -- By the provider's clock; known as soon as a file was found.
  store_created_at timestamptz,
  PRIMARY KEY (provider, base_url, store_id),
  FOREIGN KEY (provider, base_url, store_id) REFERENCES store ON DELETE CASCADE
);

-- A file that a lease's own store held when it was deleted and that the lease had not tracked.
CREATE TABLE attached_file (
  lease_id uuid NOT NULL REFERENCES lease ON DELETE CASCADE,
  file_id text COLLATE "C" NOT NULL,
  store_id text NOT NULL,
  -- `doomed`: an entry of the lease by now, deleted and proven as tracked files are.
  state text NOT NULL DEFAULT 'found' CHECK (state IN ('found', 'kept', 'doomed', 'gone')),
  reason text,
  found_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- By the provider's clock: when it was attached, and when it was uploaded.
  attached_at timestamptz,
  created_at timestamptz,
  not_found_at timestamptz,
  -- Last seen in a listing of all stores, and in which.
  seen_at timestamptz,
  seen_store_id text,
  PRIMARY KEY (lease_id, file_id),
  CHECK ((state = 'kept') = (reason IS NOT NULL))
);
CREATE INDEX attached_file_found ON attached_file (file_id) WHERE state = 'found';

-- The look through the files of all stores of an account: one at a time, and its result serves every lease.
CREATE TABLE account_listing (
  account_id integer PRIMARY KEY REFERENCES account,
  runner uuid,
  started_at timestamptz,
  runner_until timestamptz,
  -- Start of the last complete one.
  proven_from timestamptz
);

-- Files that were found attached and are to be deleted; callers never see them among what they tracked.
ALTER TABLE lease_entry DROP CONSTRAINT lease_entry_kind_check;
ALTER TABLE lease_entry ADD CONSTRAINT lease_entry_kind_check CHECK (kind IN ('id', 'path', 'attached'));
