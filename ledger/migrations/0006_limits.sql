-- What all processes together may send to one provider account: the rate of deletions, and the breaker.
CREATE TABLE provider_limit (
  account_id integer PRIMARY KEY REFERENCES account,
  -- Earliest start of the next deletion: the whole memory that an even rate needs.
  next_delete_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- Different targets whose calls failed in a row; the last stores that were "not found", and when, in its order.
  failed_targets text[] NOT NULL DEFAULT '{}',
  missing_targets text[] NOT NULL DEFAULT '{}',
  missing_at timestamptz[] NOT NULL DEFAULT '{}',
  -- The breaker is closed while open_until is null; once that has passed, one call at a time may try (a probe).
  open_reason text CHECK (open_reason IN ('failing', 'missing')),
  opened_at timestamptz,
  open_until timestamptz,
  -- Times it opened since it was last closed.
  openings integer NOT NULL DEFAULT 0,
  probe_token uuid,
  probe_until timestamptz,
  CHECK ((open_until IS NULL) = (open_reason IS NULL))
) WITH (fillfactor = 50);

-- The right to have one deletion under way, one row a right. It is free once it has expired, whoever had it.
CREATE TABLE provider_permit (
  account_id integer NOT NULL REFERENCES account,
  slot integer NOT NULL,
  -- Goes up with each holder: a late return does not free what somebody else holds by now.
  term bigint NOT NULL DEFAULT 0,
  expires_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (account_id, slot)
) WITH (fillfactor = 50);
