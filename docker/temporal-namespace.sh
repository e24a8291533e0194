#!/bin/sh
# Makes the namespace and the search attributes of the session workflows. May run again: what is there stays.
# Reads TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE.
set -eu

# The frontend opens its port a little before it answers.
tries=0
until temporal operator cluster health >/dev/null 2>&1; do
  tries=$((tries + 1))
  if [ "$tries" -ge 60 ]; then
    echo "Temporal at $TEMPORAL_ADDRESS is not healthy" >&2
    exit 1
  fi
  sleep 2
done

# 72 h: closed workflows stay visible over a weekend; what is to be kept longer is in the ledger.
if ! temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE" >/dev/null 2>&1; then
  temporal operator namespace create --namespace "$TEMPORAL_NAMESPACE" --retention 72h
fi

attribute() {
  temporal operator search-attribute create --namespace "$TEMPORAL_NAMESPACE" --name "$1" --type "$2"
}
# A namespace just made takes a moment until it is known everywhere.
tries=0
until attribute SessionId Keyword; do
  tries=$((tries + 1))
  [ "$tries" -lt 30 ] || exit 1
  sleep 2
done
attribute LeaseState Keyword
attribute VectorStoreId Keyword
attribute InstanceId Keyword
attribute LeaseExpiresAt Datetime
attribute LeaseStuck Bool
echo 'Namespace and search attributes are there'
