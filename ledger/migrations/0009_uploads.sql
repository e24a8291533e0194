-- Files that this service has uploaded for its callers.

-- How the deletion of an uploaded file goes, which no lease looks after.
ALTER TABLE file
  -- One of our uploads: it is deleted by the files' own workflow where no draining lease does it.
  ADD COLUMN uploaded boolean NOT NULL DEFAULT false,
  ADD COLUMN attempts integer NOT NULL DEFAULT 0,
  ADD COLUMN failing_since timestamptz,
  ADD COLUMN stuck_at timestamptz,
  ADD COLUMN waits_for text,
  ADD COLUMN next_try_at timestamptz;

-- Uploads that failed in a row, apart from other calls: a provider whose uploads fail may well list and delete.
ALTER TABLE provider_limit ADD COLUMN failed_uploads text[] NOT NULL DEFAULT '{}';

-- Uploaded files to be deleted, in the order in which they are due.
CREATE INDEX file_due ON file (next_try_at, file_key)
  WHERE uploaded AND deleted_at IS NOT NULL AND provider_deleted_at IS NULL AND abandoned_at IS NULL;
-- Uploaded files that take a place of their account.
CREATE INDEX file_places ON file (account_id) WHERE uploaded AND provider_deleted_at IS NULL;
-- Those that stay, for counting them at each scrape.
CREATE INDEX file_live ON file (provider) WHERE uploaded AND deleted_at IS NULL;

-- One user's upload. The same content, uploaded by several users, is one file with a row for each of them.
CREATE TABLE provider_file_uploads (
  upload_id uuid PRIMARY KEY,
  account_id integer NOT NULL REFERENCES account,
  provider text NOT NULL,
  -- Both null until the provider has answered.
  provider_file_id text,
  file_key bigint REFERENCES file,
  sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
  filename text NOT NULL,
  file_size_bytes bigint NOT NULL CHECK (file_size_bytes > 0),
  mime_type text NOT NULL,
  purpose text NOT NULL,
  user_id text NOT NULL,
  -- Of the first upload that named one.
  session_id text,
  -- True: held by the upload itself until retention. False: only by the leases that track the file.
  plain boolean NOT NULL,
  -- `pending`: intent recorded, nothing sent. `uploading`: it is being sent, or was by a process that died.
  upload_status text NOT NULL DEFAULT 'pending'
    CHECK (upload_status IN ('pending', 'uploading', 'completed', 'failed', 'deleted')),
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  last_used timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- When the provider was last seen to have the file.
  verified_at timestamptz,
  -- When the bytes began to leave: the provider's file cannot be older.
  sent_at timestamptz,
  -- Whoever sends it puts this off; past it he is dead or stalled, and others need not wait for him.
  sender_until timestamptz,
  -- True: equal content of the account and purpose waits for this one's outcome.
  claims boolean NOT NULL DEFAULT false,
  -- True: the provider may have taken it although no answer says so.
  uncertain boolean NOT NULL DEFAULT false,
  -- Complete listings without a file that could be it, and when the last one was.
  empty_listings smallint NOT NULL DEFAULT 0,
  last_listing_at timestamptz,
  -- Files at the provider of which one may be it: too many, or one whose bytes could not be read back.
  candidates text[] NOT NULL DEFAULT '{}',
  dedupe_hits bigint NOT NULL DEFAULT 0,
  -- When the provider drops it by itself.
  expires_at timestamptz,
  deleted_at timestamptz,
  deletion_reason text
    CHECK (deletion_reason IN ('expired', 'manual', 'orphaned', 'quota_exceeded', 'lease_ended')),
  provider_deleted_at timestamptz,
  last_error text,
  attempts integer NOT NULL DEFAULT 0,
  next_try_at timestamptz,
  CHECK ((upload_status = 'deleted') = (deleted_at IS NOT NULL)),
  CHECK ((deleted_at IS NULL) = (deletion_reason IS NULL)),
  CHECK (upload_status <> 'completed' OR file_key IS NOT NULL),
  CHECK (NOT claims OR upload_status IN ('pending', 'uploading')),
  CHECK (provider_deleted_at IS NULL OR deleted_at IS NOT NULL)
);

-- The dedupe: what is there, lately seen first, and what is under way.
CREATE INDEX upload_content ON provider_file_uploads (account_id, purpose, sha256, verified_at DESC NULLS LAST)
  WHERE deleted_at IS NULL AND upload_status = 'completed';
CREATE UNIQUE INDEX upload_claim ON provider_file_uploads (account_id, purpose, sha256) WHERE claims;
-- One hold of a user on a file.
CREATE UNIQUE INDEX upload_hold ON provider_file_uploads (file_key, user_id)
  WHERE deleted_at IS NULL AND file_key IS NOT NULL;
CREATE INDEX upload_file ON provider_file_uploads (file_key) WHERE file_key IS NOT NULL;
CREATE INDEX upload_provider_file ON provider_file_uploads (provider_file_id) WHERE provider_file_id IS NOT NULL;
-- What counts against a user's quota.
CREATE INDEX upload_quota ON provider_file_uploads (user_id) INCLUDE (file_size_bytes)
  WHERE deleted_at IS NULL AND upload_status IN ('pending', 'uploading', 'completed');
-- Selections of the scheduled runs.
CREATE INDEX upload_unused ON provider_file_uploads (last_used, upload_id)
  WHERE deleted_at IS NULL AND upload_status = 'completed' AND plain;
CREATE INDEX upload_of_leases ON provider_file_uploads (last_used, upload_id)
  WHERE deleted_at IS NULL AND upload_status = 'completed' AND NOT plain;
CREATE INDEX upload_lapsing ON provider_file_uploads (expires_at, upload_id)
  WHERE deleted_at IS NULL AND upload_status = 'completed' AND expires_at IS NOT NULL;
CREATE INDEX upload_failed ON provider_file_uploads (created_at, upload_id)
  WHERE deleted_at IS NULL AND upload_status = 'failed';
CREATE INDEX upload_unsettled ON provider_file_uploads (created_at, upload_id)
  WHERE deleted_at IS NULL AND (upload_status IN ('pending', 'uploading') OR uncertain);
CREATE INDEX upload_gone ON provider_file_uploads (deleted_at) WHERE deleted_at IS NOT NULL;
CREATE INDEX upload_newest ON provider_file_uploads (created_at DESC, upload_id DESC);

-- What pruned uploads had added to the statistics.
CREATE TABLE file_statistics (
  provider text PRIMARY KEY,
  uploads bigint NOT NULL DEFAULT 0,
  dedupe_hits bigint NOT NULL DEFAULT 0,
  bytes_saved bigint NOT NULL DEFAULT 0
);

-- When the last run over uploaded files ended that was no dry run.
CREATE TABLE file_run (
  kind text PRIMARY KEY CHECK (kind IN ('retention', 'orphans')),
  finished_at timestamptz NOT NULL
);
