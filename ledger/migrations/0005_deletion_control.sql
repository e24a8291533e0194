-- One row: whether anything may be deleted at the provider, and which PostgreSQL cluster this ledger was begun on.
CREATE TABLE deletion_control (
  singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
  paused_at timestamptz,
  paused_by text,
  paused_reason text,
  -- Null before the first start, and where the server does not tell.
  system_identifier text,
  CHECK ((paused_at IS NULL) = (paused_by IS NULL) AND (paused_at IS NULL) = (paused_reason IS NULL))
);
INSERT INTO deletion_control DEFAULT VALUES;

-- A pass over files and a pass over stores fail apart: attempts and failing_since are of the stores alone. waits_for
-- says what a draining lease waits for although nothing failed.
ALTER TABLE lease ADD COLUMN file_attempts integer NOT NULL DEFAULT 0;
ALTER TABLE lease ADD COLUMN files_failing_since timestamptz;
ALTER TABLE lease ADD COLUMN waits_for text;

-- Who gave up what was left of a lease, and why.
ALTER TABLE lease ADD COLUMN forced_by text;
ALTER TABLE lease ADD COLUMN forced_reason text;
