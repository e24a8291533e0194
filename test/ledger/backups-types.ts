/** A table with every type that a migration may come to use, and with what may be odd about a table. */

export const EVERY_TYPE = 'every type "of" them';

export const MAKE_EVERY_TYPE = `
CREATE TYPE mood AS ENUM ('fine', 'not, "so" \\fine');
CREATE TABLE "every type ""of"" them" (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  dropped text,
  serial serial,
  parent bigint REFERENCES "every type ""of"" them",
  "Mixed ""Case"", odd" text,
  r real, d double precision, n numeric, n2 numeric(10, 3), c char(5), v varchar(10), by bytea, m mood,
  da date, ti time, tz timetz, ts timestamp, iv interval, i inet, ci cidr, ma macaddr, bi bit(3), vb varbit,
  js json, jb jsonb, jp jsonpath, ra int4range, mr tstzmultirange, po point, tv tsvector, o oid,
  ar integer[][], ma2 mood[], made text GENERATED ALWAYS AS (v || '!') STORED
);
ALTER TABLE "every type ""of"" them" DROP COLUMN dropped;`;

/** Runs after {@link MAKE_EVERY_TYPE}, where there are to be rows. */
export const FILL_EVERY_TYPE = `
SET DateStyle = 'German'; SET IntervalStyle = 'sql_standard'; SET TimeZone = 'Asia/Tokyo';
INSERT INTO "every type ""of"" them" OVERRIDING SYSTEM VALUE VALUES
  (5000000000, 7, 6000000000, E'\\\\N', 0.1, 0.1, 1e-30, 1.5, 'ab', '', '\\x00', 'not, "so" \\fine',
    'infinity', '24:00', '23:59:59.999999+14', '0044-03-15 00:00:00 BC', '1 year -2 days 00:00:00.000001', '::1/64',
    '10.0.0.0/8', '08:00:2b:01:02:03', B'101', B'', E'{"a" :  1,\\n"a":2}', '{"z":1.10,"a":null}', '$.a[*]', 'empty',
    '{[2025-01-01,infinity),(,2020-01-01)}', '(1.5,-0)', 'fat:1A cat', 4294967295, '[0:1][2:3]={{1,2},{NULL,4}}',
    '{"not, \\"so\\" \\\\fine",NULL}'),
  (6000000000, 8, NULL, E'\\t', '-Infinity', '-0', 'NaN', -1.5, '', ' ', '', 'fine',
    '5874897-12-31', '00:00', '00:00:00-14', '-infinity', '-178000000 years', '0.0.0.0', '::/0', 'ff:ff:ff:ff:ff:ff',
    B'000', B'1', 'null', '[]', '$', '(,)', '{}', '(1e300,1e-300)', '', 0, '{}', '{}');
INSERT INTO "every type ""of"" them" (v) VALUES (NULL), (E'\\\\.'), (E'a\\nb');`;
