-- How far the claims of an account may go before its stores have to be counted again, and what that count was made
-- with. A claim that passes shares the row's lock; whoever counts takes it alone, so that no claim is half done.
CREATE TABLE capacity_gate (
  account_id integer PRIMARY KEY REFERENCES account ON DELETE CASCADE,
  -- Claims whose ticket is not above this need no count; 0 = each has to count.
  open_until bigint NOT NULL DEFAULT 0,
  store_limit integer NOT NULL DEFAULT 0,
  count_foreign boolean NOT NULL DEFAULT true,
  -- The newest run whose listing was counted.
  run_id bigint NOT NULL DEFAULT 0,
  counted_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- One number for each claim, drawn without waiting for anybody and never given back.
CREATE SEQUENCE claim_ticket;

-- Whether a claim's store is listed already.
CREATE INDEX listed_store_lease ON listed_store (lease_id) WHERE lease_id IS NOT NULL;
