-- One row: when the service was last heard from. Every api and every worker writes it each second.
CREATE TABLE pulse (
  singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
  -- By any api; null until the first.
  api_seen_at timestamptz,
  -- By any api or worker. A ledger that was away has heard from nobody.
  seen_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- Since when it hears from somebody without a gap.
  heard_since timestamptz NOT NULL DEFAULT clock_timestamp()
);
INSERT INTO pulse DEFAULT VALUES;

-- A time in which no api was heard from, written by the first beat after it: nobody could renew.
CREATE TABLE outage (
  outage_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  from_at timestamptz NOT NULL,
  to_at timestamptz NOT NULL,
  -- Leases whose deadline lies between from_at and here last until here.
  spared_until timestamptz NOT NULL
);
CREATE INDEX outage_spared ON outage (spared_until);

-- When an expired lease was due: its deadline, or the end of what an outage put it off by.
ALTER TABLE lease ADD COLUMN due_at timestamptz;
