-- What the housekeeping of directories did.

-- One row for each directory of cached results that a run has cleaned.
CREATE TABLE results_directory (
  -- Resolved.
  directory text PRIMARY KEY,
  -- As the run that began last was told it: a host without the disk knows no other name.
  configured text NOT NULL,
  begun_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  total_cleanups bigint NOT NULL DEFAULT 0,
  total_deleted bigint NOT NULL DEFAULT 0,
  total_freed_bytes bigint NOT NULL DEFAULT 0,
  total_errors bigint NOT NULL DEFAULT 0,
  -- The run under way, or the one that died: there is one at a time.
  run_id text,
  -- Of one attempt at it: whoever was taken for dead changes nothing any more.
  run_token uuid,
  -- Without a pulse for a while the run is taken for dead.
  pulse_at timestamptz,
  -- What the run had done at its last pulse; earlier attempts included.
  run_deleted bigint NOT NULL DEFAULT 0,
  run_freed_bytes bigint NOT NULL DEFAULT 0,
  run_leftovers bigint NOT NULL DEFAULT 0,
  run_ms double precision NOT NULL DEFAULT 0,
  -- The last run that ended, and what came of it: asked again, it is not run again.
  ended_run_id text,
  ended_result jsonb,
  CHECK ((run_id IS NULL) = (pulse_at IS NULL)),
  CHECK (run_token IS NULL OR run_id IS NOT NULL)
);
CREATE INDEX results_directory_configured ON results_directory (configured, begun_at);

-- How each scheduled job went the last time, real and dry runs apart.
CREATE TABLE job_outcome (
  job text NOT NULL,
  dry_run boolean NOT NULL,
  started_at timestamptz NOT NULL,
  finished_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- False also where it has a result that says so.
  succeeded boolean NOT NULL,
  -- Null where it answered nothing.
  result jsonb,
  error text,
  last_success_at timestamptz,
  PRIMARY KEY (job, dry_run),
  CHECK ((result IS NULL) = (error IS NOT NULL)),
  CHECK (error IS NULL OR NOT succeeded)
);
