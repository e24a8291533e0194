import { EARLIEST_MS } from '../../domain/checkpoint-age.ts';

/*
 * `domain/checkpoint-age.ts` in SQL, so that the deleting statement itself looks at the age. Nothing in here raises an
 * error, whatever the row holds: every cast stands behind a pattern that the text has matched. No backslashes, which
 * mean something else on servers with old settings.
 */

const UUID_TAIL = '[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$';
const UUID_6 = `'^[0-9a-f]{8}-[0-9a-f]{4}-6${UUID_TAIL}'`;
const UUID_7 = `'^[0-9a-f]{8}-[0-9a-f]{4}-7${UUID_TAIL}'`;
const DATE = '[1-9][0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])';
const CLOCK = '([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{1,9})?';
const ISO_TIME = `'^${DATE}[T ]${CLOCK}(Z|[+-](0[0-9]|1[0-4]):?[0-5][0-9])$'`;
const GREGORIAN_STEPS = 122_192_928_000_000_000n;

/** Null below the earliest plausible time. */
const plausible = (ms: string) => `nullif(greatest(${ms}, ${EARLIEST_MS - 1}), ${EARLIEST_MS - 1})`;

/** Milliseconds in the UUID of a checkpoint id. */
export const uuidMs = (id: string) => `CASE
  WHEN ${id} ~* ${UUID_7} THEN ${plausible(`('x' || substr(${id}, 1, 8) || substr(${id}, 10, 4))::bit(48)::bigint`)}
  WHEN ${id} ~* ${UUID_6} THEN ${plausible(
    `(('x' || substr(${id}, 1, 8) || substr(${id}, 10, 4) || substr(${id}, 16, 3))::bit(60)::bigint - ${GREGORIAN_STEPS}) / 10000`,
  )} END`;

const zoneMinutes = (ts: string) => `CASE WHEN right(${ts}, 1) = 'Z' THEN 0
  ELSE (CASE left(substring(${ts} from '[+-][0-9]{2}:?[0-9]{2}$'), 1) WHEN '-' THEN -1 ELSE 1 END)
    * (substr(substring(${ts} from '[+-][0-9]{2}:?[0-9]{2}$'), 2, 2)::int * 60 + right(${ts}, 2)::int) END`;

/** The day of the month is added to its first, so that 31 February is no error. */
const tsMs = (ts: string) =>
  `CASE WHEN ${ts} ~ ${ISO_TIME} THEN ${plausible(`
  (make_date(substr(${ts}, 1, 4)::int, substr(${ts}, 6, 2)::int, 1) - date '1970-01-01'
    + substr(${ts}, 9, 2)::int - 1)::bigint * 86400000
  + substr(${ts}, 12, 2)::bigint * 3600000 + substr(${ts}, 15, 2)::bigint * 60000
  + substr(${ts}, 18, 2)::bigint * 1000
  + coalesce(rpad(left(substring(${ts} from '[.]([0-9]+)'), 3), 3, '0')::bigint, 0)
  - (${zoneMinutes(ts)})::bigint * 60000`)} END`;

const epochMs = (id: string) => `CASE
  WHEN ${id} ~ '^[0-9]{10}([.][0-9]+)?$' THEN ${plausible(
    `left(${id}, 10)::bigint * 1000 + coalesce(rpad(left(substring(${id} from '[.]([0-9]+)'), 3), 3, '0')::bigint, 0)`,
  )}
  WHEN ${id} ~ '^([0-9]{13}|[0-9]{16}|[0-9]{19})([.][0-9]+)?$' THEN ${plausible(`left(${id}, 13)::bigint`)} END`;

/** Epoch milliseconds of a row of `checkpoints`, a bigint; null where its age cannot be told. */
export const checkpointMs = (row: string) => `coalesce(${uuidMs(`${row}.checkpoint_id`)},
  ${tsMs(`(${row}.checkpoint ->> 'ts')`)},
  ${epochMs(`${row}.checkpoint_id`)})`;
