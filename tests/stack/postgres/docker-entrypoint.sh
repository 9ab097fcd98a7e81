#!/bin/sh
set -e
PATH=/usr/lib/postgresql/15/bin:$PATH
data=/var/lib/postgresql/data
printf %s "$POSTGRES_PASSWORD" >/tmp/password
initdb --no-sync --locale=C -E UTF8 -U "$POSTGRES_USER" --pwfile=/tmp/password --auth=scram-sha-256 -D "$data" >/dev/null
echo 'host all all all scram-sha-256' >>"$data/pg_hba.conf"
exec postgres -D "$data" -c listen_addresses='*' -c unix_socket_directories=/tmp -c fsync=off
