#!/bin/sh
# Makes Temporal's two databases and brings their schema up to date. Every step may run again, so this runs at
# each start, which is also how an upgrade of the server migrates them.
# Reads SQL_PLUGIN, SQL_HOST, SQL_PORT, SQL_USER, SQL_PASSWORD.
set -eu

apply() {
  temporal-sql-tool --db "$1" create
  temporal-sql-tool --db "$1" setup-schema -v 0.0
  temporal-sql-tool --db "$1" update-schema --schema-name "postgresql/v12/$2"
}

apply temporal temporal
apply temporal_visibility visibility
echo 'Temporal schema is up to date'
