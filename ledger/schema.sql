-- The ledger's schema after all migrations, read from the catalogue by ledger/describe-schema.ts.
-- Not run by anything: it shows in a diff what a migration really changed. A test fails where it is out of date;
-- "npm run ledger -- -u migrations" writes it anew.

CREATE TABLE account (
  account_id integer NOT NULL GENERATED ALWAYS AS IDENTITY,
  provider text NOT NULL,
  base_url text NOT NULL,
  organization text NOT NULL,
  test_mode boolean NOT NULL,
  key_fingerprint text NOT NULL,
  created_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT account_pkey PRIMARY KEY (account_id),
  CONSTRAINT account_provider_base_url_organization_test_mode_key_finger_key UNIQUE (provider, base_url, organization, test_mode, key_fingerprint)
);

CREATE TABLE account_listing (
  account_id integer NOT NULL,
  runner uuid,
  started_at timestamp with time zone,
  runner_until timestamp with time zone,
  proven_from timestamp with time zone,
  CONSTRAINT account_listing_pkey PRIMARY KEY (account_id),
  CONSTRAINT account_listing_account_id_fkey FOREIGN KEY (account_id) REFERENCES account(account_id)
);

CREATE TABLE account_proof (
  old_account_id integer NOT NULL,
  new_account_id integer NOT NULL,
  proven_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT account_proof_pkey PRIMARY KEY (old_account_id, new_account_id),
  CONSTRAINT account_proof_new_account_id_fkey FOREIGN KEY (new_account_id) REFERENCES account(account_id),
  CONSTRAINT account_proof_old_account_id_fkey FOREIGN KEY (old_account_id) REFERENCES account(account_id)
);

CREATE TABLE attached_file (
  lease_id uuid NOT NULL,
  file_id text NOT NULL,
  store_id text NOT NULL,
  state text NOT NULL DEFAULT 'found'::text,
  reason text,
  found_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  attached_at timestamp with time zone,
  created_at timestamp with time zone,
  not_found_at timestamp with time zone,
  seen_at timestamp with time zone,
  seen_store_id text,
  CONSTRAINT attached_file_pkey PRIMARY KEY (lease_id, file_id),
  CONSTRAINT attached_file_check CHECK (((state = 'kept'::text) = (reason IS NOT NULL))),
  CONSTRAINT attached_file_lease_id_fkey FOREIGN KEY (lease_id) REFERENCES lease(lease_id) ON DELETE CASCADE,
  CONSTRAINT attached_file_state_check CHECK ((state = ANY (ARRAY['found'::text, 'kept'::text, 'doomed'::text, 'gone'::text])))
);
CREATE INDEX attached_file_found ON public.attached_file USING btree (file_id) WHERE (state = 'found'::text);

CREATE TABLE attached_listing (
  provider text NOT NULL,
  base_url text NOT NULL,
  store_id text NOT NULL,
  cursor text,
  digest numeric NOT NULL DEFAULT 0,
  last_digest numeric,
  ended_at timestamp with time zone,
  agreed_at timestamp with time zone,
  store_created_at timestamp with time zone,
  CONSTRAINT attached_listing_pkey PRIMARY KEY (provider, base_url, store_id),
  CONSTRAINT attached_listing_provider_base_url_store_id_fkey FOREIGN KEY (provider, base_url, store_id) REFERENCES store(provider, base_url, store_id) ON DELETE CASCADE
);

CREATE TABLE capacity_gate (
  account_id integer NOT NULL,
  open_until bigint NOT NULL DEFAULT 0,
  store_limit integer NOT NULL DEFAULT 0,
  count_foreign boolean NOT NULL DEFAULT true,
  run_id bigint NOT NULL DEFAULT 0,
  counted_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT capacity_gate_pkey PRIMARY KEY (account_id),
  CONSTRAINT capacity_gate_account_id_fkey FOREIGN KEY (account_id) REFERENCES account(account_id) ON DELETE CASCADE
);

CREATE TABLE deletion_control (
  singleton boolean NOT NULL DEFAULT true,
  paused_at timestamp with time zone,
  paused_by text,
  paused_reason text,
  system_identifier text,
  CONSTRAINT deletion_control_pkey PRIMARY KEY (singleton),
  CONSTRAINT deletion_control_check CHECK ((((paused_at IS NULL) = (paused_by IS NULL)) AND ((paused_at IS NULL) = (paused_reason IS NULL)))),
  CONSTRAINT deletion_control_singleton_check CHECK (singleton)
);

CREATE TABLE file (
  file_key bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  provider text NOT NULL,
  base_url text NOT NULL,
  provider_file_id text NOT NULL,
  account_id integer NOT NULL,
  tracked_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  deleted_at timestamp with time zone,
  not_found_at timestamp with time zone,
  provider_deleted_at timestamp with time zone,
  last_error text,
  abandoned_at timestamp with time zone,
  uploaded boolean NOT NULL DEFAULT false,
  attempts integer NOT NULL DEFAULT 0,
  failing_since timestamp with time zone,
  stuck_at timestamp with time zone,
  waits_for text,
  next_try_at timestamp with time zone,
  CONSTRAINT file_pkey PRIMARY KEY (file_key),
  CONSTRAINT file_account_id_fkey FOREIGN KEY (account_id) REFERENCES account(account_id),
  CONSTRAINT file_check CHECK (((provider_deleted_at IS NULL) OR (deleted_at IS NOT NULL))),
  CONSTRAINT file_provider_base_url_provider_file_id_key UNIQUE (provider, base_url, provider_file_id)
);
CREATE INDEX file_due ON public.file USING btree (next_try_at, file_key) WHERE (uploaded AND (deleted_at IS NOT NULL) AND (provider_deleted_at IS NULL) AND (abandoned_at IS NULL));
CREATE INDEX file_live ON public.file USING btree (provider) WHERE (uploaded AND (deleted_at IS NULL));
CREATE INDEX file_places ON public.file USING btree (account_id) WHERE (uploaded AND (provider_deleted_at IS NULL));

CREATE TABLE file_run (
  kind text NOT NULL,
  finished_at timestamp with time zone NOT NULL,
  CONSTRAINT file_run_pkey PRIMARY KEY (kind),
  CONSTRAINT file_run_kind_check CHECK ((kind = ANY (ARRAY['retention'::text, 'orphans'::text])))
);

CREATE TABLE file_statistics (
  provider text NOT NULL,
  uploads bigint NOT NULL DEFAULT 0,
  dedupe_hits bigint NOT NULL DEFAULT 0,
  bytes_saved bigint NOT NULL DEFAULT 0,
  CONSTRAINT file_statistics_pkey PRIMARY KEY (provider)
);

CREATE TABLE installation (
  singleton boolean NOT NULL DEFAULT true,
  instance_id text NOT NULL,
  test_mode boolean NOT NULL,
  created_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT installation_pkey PRIMARY KEY (singleton),
  CONSTRAINT installation_singleton_check CHECK (singleton)
);

CREATE TABLE job_outcome (
  job text NOT NULL,
  dry_run boolean NOT NULL,
  started_at timestamp with time zone NOT NULL,
  finished_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  succeeded boolean NOT NULL,
  result jsonb,
  error text,
  last_success_at timestamp with time zone,
  CONSTRAINT job_outcome_pkey PRIMARY KEY (job, dry_run),
  CONSTRAINT job_outcome_check CHECK (((result IS NULL) = (error IS NOT NULL))),
  CONSTRAINT job_outcome_check1 CHECK (((error IS NULL) OR (NOT succeeded)))
);

CREATE TABLE lease (
  lease_id uuid NOT NULL,
  session_id text NOT NULL,
  state text NOT NULL,
  account_id integer NOT NULL,
  vector_store_id text,
  registered boolean NOT NULL DEFAULT false,
  protected boolean NOT NULL DEFAULT false,
  let_go boolean NOT NULL DEFAULT false,
  expires_at timestamp with time zone,
  renewed_at timestamp with time zone,
  created_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  ended_at timestamp with time zone,
  closed_at timestamp with time zone,
  end_reason text,
  entry_count integer NOT NULL DEFAULT 0,
  claim_token uuid,
  claim_until timestamp with time zone,
  claim_error text,
  claim_retry_after_seconds integer,
  uncertain boolean NOT NULL DEFAULT false,
  empty_listings smallint NOT NULL DEFAULT 0,
  last_listing_at timestamp with time zone,
  expiry_protected boolean NOT NULL DEFAULT false,
  wanted_version bigint NOT NULL DEFAULT 1,
  seen_version bigint NOT NULL DEFAULT 0,
  changed_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  reconciled_at timestamp with time zone,
  wake_at timestamp with time zone NOT NULL,
  attempts integer NOT NULL DEFAULT 0,
  failing_since timestamp with time zone,
  stuck_at timestamp with time zone,
  last_error text,
  next_try_at timestamp with time zone,
  file_attempts integer NOT NULL DEFAULT 0,
  files_failing_since timestamp with time zone,
  waits_for text,
  forced_by text,
  forced_reason text,
  due_at timestamp with time zone,
  CONSTRAINT lease_pkey PRIMARY KEY (lease_id),
  CONSTRAINT lease_account_id_fkey FOREIGN KEY (account_id) REFERENCES account(account_id),
  CONSTRAINT lease_check CHECK (((state <> 'active'::text) OR (vector_store_id IS NOT NULL))),
  CONSTRAINT lease_check1 CHECK (((state <> 'active'::text) OR (protected = (expires_at IS NULL)))),
  CONSTRAINT lease_state_check CHECK ((state = ANY (ARRAY['provisioning'::text, 'active'::text, 'draining'::text, 'closed'::text])))
) WITH (fillfactor=70);
CREATE INDEX lease_closed ON public.lease USING btree (closed_at) WHERE (state = 'closed'::text);
CREATE INDEX lease_draining ON public.lease USING btree (session_id) WHERE (state = 'draining'::text);
CREATE UNIQUE INDEX lease_live ON public.lease USING btree (session_id) WHERE (state = ANY (ARRAY['provisioning'::text, 'active'::text]));
CREATE INDEX lease_newest ON public.lease USING btree (created_at DESC, lease_id DESC);
CREATE INDEX lease_session ON public.lease USING btree (session_id, created_at DESC);
CREATE INDEX lease_wake ON public.lease USING btree (wake_at) WHERE (state <> 'closed'::text);

CREATE TABLE lease_entry (
  lease_id uuid NOT NULL,
  kind text NOT NULL,
  entry_hash bytea NOT NULL,
  entry text NOT NULL,
  position bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  file_key bigint,
  CONSTRAINT lease_entry_pkey PRIMARY KEY (lease_id, kind, entry_hash),
  CONSTRAINT lease_entry_file_key_fkey FOREIGN KEY (file_key) REFERENCES file(file_key),
  CONSTRAINT lease_entry_kind_check CHECK ((kind = ANY (ARRAY['id'::text, 'path'::text, 'attached'::text]))),
  CONSTRAINT lease_entry_lease_id_fkey FOREIGN KEY (lease_id) REFERENCES lease(lease_id) ON DELETE CASCADE
);
CREATE INDEX lease_entry_file ON public.lease_entry USING btree (file_key) WHERE (file_key IS NOT NULL);

CREATE TABLE listed_store (
  account_id integer NOT NULL,
  store_id text NOT NULL,
  kind text NOT NULL,
  instance_id text,
  lease_id uuid,
  session_id text,
  name text NOT NULL,
  status text NOT NULL,
  created_at timestamp with time zone NOT NULL,
  expires_at timestamp with time zone,
  usage_bytes bigint NOT NULL,
  sightings integer NOT NULL,
  first_seen_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  last_run_id bigint NOT NULL,
  why text,
  CONSTRAINT listed_store_pkey PRIMARY KEY (account_id, store_id),
  CONSTRAINT listed_store_account_id_fkey FOREIGN KEY (account_id) REFERENCES account(account_id),
  CONSTRAINT listed_store_kind_check CHECK ((kind = ANY (ARRAY['held'::text, 'claimed'::text, 'deleting'::text, 'deleted'::text, 'abandoned'::text, 'orphan'::text, 'ledger_lost'::text, 'foreign'::text])))
);
CREATE INDEX listed_store_kind ON public.listed_store USING btree (account_id, kind);
CREATE INDEX listed_store_lease ON public.listed_store USING btree (lease_id) WHERE (lease_id IS NOT NULL);

CREATE TABLE notice (
  kind text NOT NULL,
  detail text NOT NULL,
  seen_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT notice_pkey PRIMARY KEY (kind)
);

CREATE TABLE outage (
  outage_id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  from_at timestamp with time zone NOT NULL,
  to_at timestamp with time zone NOT NULL,
  spared_until timestamp with time zone NOT NULL,
  CONSTRAINT outage_pkey PRIMARY KEY (outage_id)
);
CREATE INDEX outage_spared ON public.outage USING btree (spared_until);

CREATE TABLE provider_file_uploads (
  upload_id uuid NOT NULL,
  account_id integer NOT NULL,
  provider text NOT NULL,
  provider_file_id text,
  file_key bigint,
  sha256 text NOT NULL,
  filename text NOT NULL,
  file_size_bytes bigint NOT NULL,
  mime_type text NOT NULL,
  purpose text NOT NULL,
  user_id text NOT NULL,
  session_id text,
  plain boolean NOT NULL,
  upload_status text NOT NULL DEFAULT 'pending'::text,
  created_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  last_used timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  verified_at timestamp with time zone,
  sent_at timestamp with time zone,
  sender_until timestamp with time zone,
  claims boolean NOT NULL DEFAULT false,
  uncertain boolean NOT NULL DEFAULT false,
  empty_listings smallint NOT NULL DEFAULT 0,
  last_listing_at timestamp with time zone,
  candidates text[] NOT NULL DEFAULT '{}'::text[],
  dedupe_hits bigint NOT NULL DEFAULT 0,
  expires_at timestamp with time zone,
  deleted_at timestamp with time zone,
  deletion_reason text,
  provider_deleted_at timestamp with time zone,
  last_error text,
  attempts integer NOT NULL DEFAULT 0,
  next_try_at timestamp with time zone,
  CONSTRAINT provider_file_uploads_pkey PRIMARY KEY (upload_id),
  CONSTRAINT provider_file_uploads_account_id_fkey FOREIGN KEY (account_id) REFERENCES account(account_id),
  CONSTRAINT provider_file_uploads_check CHECK (((upload_status = 'deleted'::text) = (deleted_at IS NOT NULL))),
  CONSTRAINT provider_file_uploads_check1 CHECK (((deleted_at IS NULL) = (deletion_reason IS NULL))),
  CONSTRAINT provider_file_uploads_check2 CHECK (((upload_status <> 'completed'::text) OR (file_key IS NOT NULL))),
  CONSTRAINT provider_file_uploads_check3 CHECK (((NOT claims) OR (upload_status = ANY (ARRAY['pending'::text, 'uploading'::text])))),
  CONSTRAINT provider_file_uploads_check4 CHECK (((provider_deleted_at IS NULL) OR (deleted_at IS NOT NULL))),
  CONSTRAINT provider_file_uploads_deletion_reason_check CHECK ((deletion_reason = ANY (ARRAY['expired'::text, 'manual'::text, 'orphaned'::text, 'quota_exceeded'::text, 'lease_ended'::text]))),
  CONSTRAINT provider_file_uploads_file_key_fkey FOREIGN KEY (file_key) REFERENCES file(file_key),
  CONSTRAINT provider_file_uploads_file_size_bytes_check CHECK ((file_size_bytes > 0)),
  CONSTRAINT provider_file_uploads_sha256_check CHECK ((sha256 ~ '^[0-9a-f]{64}$'::text)),
  CONSTRAINT provider_file_uploads_upload_status_check CHECK ((upload_status = ANY (ARRAY['pending'::text, 'uploading'::text, 'completed'::text, 'failed'::text, 'deleted'::text])))
);
CREATE UNIQUE INDEX upload_claim ON public.provider_file_uploads USING btree (account_id, purpose, sha256) WHERE claims;
CREATE INDEX upload_content ON public.provider_file_uploads USING btree (account_id, purpose, sha256, verified_at DESC NULLS LAST) WHERE ((deleted_at IS NULL) AND (upload_status = 'completed'::text));
CREATE INDEX upload_failed ON public.provider_file_uploads USING btree (created_at, upload_id) WHERE ((deleted_at IS NULL) AND (upload_status = 'failed'::text));
CREATE INDEX upload_file ON public.provider_file_uploads USING btree (file_key) WHERE (file_key IS NOT NULL);
CREATE INDEX upload_gone ON public.provider_file_uploads USING btree (deleted_at) WHERE (deleted_at IS NOT NULL);
CREATE UNIQUE INDEX upload_hold ON public.provider_file_uploads USING btree (file_key, user_id) WHERE ((deleted_at IS NULL) AND (file_key IS NOT NULL));
CREATE INDEX upload_lapsing ON public.provider_file_uploads USING btree (expires_at, upload_id) WHERE ((deleted_at IS NULL) AND (upload_status = 'completed'::text) AND (expires_at IS NOT NULL));
CREATE INDEX upload_newest ON public.provider_file_uploads USING btree (created_at DESC, upload_id DESC);
CREATE INDEX upload_of_leases ON public.provider_file_uploads USING btree (last_used, upload_id) WHERE ((deleted_at IS NULL) AND (upload_status = 'completed'::text) AND (NOT plain));
CREATE INDEX upload_provider_file ON public.provider_file_uploads USING btree (provider_file_id) WHERE (provider_file_id IS NOT NULL);
CREATE INDEX upload_quota ON public.provider_file_uploads USING btree (user_id) INCLUDE (file_size_bytes) WHERE ((deleted_at IS NULL) AND (upload_status = ANY (ARRAY['pending'::text, 'uploading'::text, 'completed'::text])));
CREATE INDEX upload_unsettled ON public.provider_file_uploads USING btree (created_at, upload_id) WHERE ((deleted_at IS NULL) AND ((upload_status = ANY (ARRAY['pending'::text, 'uploading'::text])) OR uncertain));
CREATE INDEX upload_unused ON public.provider_file_uploads USING btree (last_used, upload_id) WHERE ((deleted_at IS NULL) AND (upload_status = 'completed'::text) AND plain);

CREATE TABLE provider_limit (
  account_id integer NOT NULL,
  next_delete_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  failed_targets text[] NOT NULL DEFAULT '{}'::text[],
  missing_targets text[] NOT NULL DEFAULT '{}'::text[],
  missing_at timestamp with time zone[] NOT NULL DEFAULT '{}'::timestamp with time zone[],
  open_reason text,
  opened_at timestamp with time zone,
  open_until timestamp with time zone,
  openings integer NOT NULL DEFAULT 0,
  probe_token uuid,
  probe_until timestamp with time zone,
  failed_uploads text[] NOT NULL DEFAULT '{}'::text[],
  CONSTRAINT provider_limit_pkey PRIMARY KEY (account_id),
  CONSTRAINT provider_limit_account_id_fkey FOREIGN KEY (account_id) REFERENCES account(account_id),
  CONSTRAINT provider_limit_check CHECK (((open_until IS NULL) = (open_reason IS NULL))),
  CONSTRAINT provider_limit_open_reason_check CHECK ((open_reason = ANY (ARRAY['failing'::text, 'missing'::text])))
) WITH (fillfactor=50);

CREATE TABLE provider_permit (
  account_id integer NOT NULL,
  slot integer NOT NULL,
  term bigint NOT NULL DEFAULT 0,
  expires_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT provider_permit_pkey PRIMARY KEY (account_id, slot),
  CONSTRAINT provider_permit_account_id_fkey FOREIGN KEY (account_id) REFERENCES account(account_id)
) WITH (fillfactor=50);

CREATE TABLE pulse (
  singleton boolean NOT NULL DEFAULT true,
  api_seen_at timestamp with time zone,
  seen_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  heard_since timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT pulse_pkey PRIMARY KEY (singleton),
  CONSTRAINT pulse_singleton_check CHECK (singleton)
);

CREATE TABLE results_directory (
  directory text NOT NULL,
  configured text NOT NULL,
  begun_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  total_cleanups bigint NOT NULL DEFAULT 0,
  total_deleted bigint NOT NULL DEFAULT 0,
  total_freed_bytes bigint NOT NULL DEFAULT 0,
  total_errors bigint NOT NULL DEFAULT 0,
  run_id text,
  run_token uuid,
  pulse_at timestamp with time zone,
  run_deleted bigint NOT NULL DEFAULT 0,
  run_freed_bytes bigint NOT NULL DEFAULT 0,
  run_leftovers bigint NOT NULL DEFAULT 0,
  run_ms double precision NOT NULL DEFAULT 0,
  ended_run_id text,
  ended_result jsonb,
  CONSTRAINT results_directory_pkey PRIMARY KEY (directory),
  CONSTRAINT results_directory_check CHECK (((run_id IS NULL) = (pulse_at IS NULL))),
  CONSTRAINT results_directory_check1 CHECK (((run_token IS NULL) OR (run_id IS NOT NULL)))
);
CREATE INDEX results_directory_configured ON public.results_directory USING btree (configured, begun_at);

CREATE TABLE store (
  provider text NOT NULL,
  base_url text NOT NULL,
  store_id text NOT NULL,
  account_id integer NOT NULL,
  lease_id uuid NOT NULL,
  state text NOT NULL,
  created_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  not_found_at timestamp with time zone,
  deleted_at timestamp with time zone,
  abandoned_at timestamp with time zone,
  missing_runs smallint NOT NULL DEFAULT 0,
  missing_run_id bigint,
  delete_reason text,
  last_error text,
  CONSTRAINT store_pkey PRIMARY KEY (provider, base_url, store_id),
  CONSTRAINT store_account_id_fkey FOREIGN KEY (account_id) REFERENCES account(account_id),
  CONSTRAINT store_lease_id_fkey FOREIGN KEY (lease_id) REFERENCES lease(lease_id),
  CONSTRAINT store_state_check CHECK ((state = ANY (ARRAY['held'::text, 'deleting'::text, 'deleted'::text, 'abandoned'::text])))
);
CREATE INDEX store_deleting ON public.store USING btree (account_id, store_id) WHERE (state = 'deleting'::text);
CREATE INDEX store_held ON public.store USING btree (account_id, store_id) WHERE (state = 'held'::text);
CREATE INDEX store_lease ON public.store USING btree (lease_id);
CREATE INDEX store_missing ON public.store USING btree (account_id, store_id) WHERE (missing_runs > 0);

CREATE TABLE sweep_run (
  run_id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  account_id integer NOT NULL,
  dry_run boolean NOT NULL,
  started_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  finished_at timestamp with time zone,
  valid boolean,
  invalid_reason text,
  listed integer NOT NULL DEFAULT 0,
  counts jsonb NOT NULL DEFAULT '{}'::jsonb,
  holder text NOT NULL,
  pulse_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  invalid_detail text,
  actions jsonb NOT NULL DEFAULT '{}'::jsonb,
  CONSTRAINT sweep_run_pkey PRIMARY KEY (run_id),
  CONSTRAINT sweep_run_account_id_fkey FOREIGN KEY (account_id) REFERENCES account(account_id)
);
CREATE INDEX sweep_run_account ON public.sweep_run USING btree (account_id, run_id DESC);
CREATE UNIQUE INDEX sweep_run_open ON public.sweep_run USING btree (account_id) WHERE (finished_at IS NULL);

CREATE TABLE sweep_seen (
  run_id bigint NOT NULL,
  store_id text NOT NULL,
  instance_id text,
  lease_id uuid,
  session_id text,
  name text NOT NULL,
  status text NOT NULL,
  created_at timestamp with time zone NOT NULL,
  expires_at timestamp with time zone,
  usage_bytes bigint NOT NULL,
  CONSTRAINT sweep_seen_pkey PRIMARY KEY (run_id, store_id),
  CONSTRAINT sweep_seen_run_id_fkey FOREIGN KEY (run_id) REFERENCES sweep_run(run_id) ON DELETE CASCADE
);

CREATE TABLE worker_heartbeat (
  worker_id text NOT NULL,
  started_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  seen_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT worker_heartbeat_pkey PRIMARY KEY (worker_id)
);
