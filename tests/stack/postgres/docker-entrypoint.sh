#!/bin/sh
set -e
PATH=/usr/lib/postgresql/15/bin:$PATH
data=/var/lib/postgresql/data
printf %s "$POSTGRES_PASSWORD" >/tmp/password
initdb --no-sync --locale=C -E UTF8 -U "$POSTGRES_USER" --pwfile=/tmp/password --auth=scram-sha-256 -D "$data" >/dev/null
echo 'host all all all scram-sha-256' >>"$data/pg_hba.conf"
# A command a line, which is what a server without a client program can read.
for file in /docker-entrypoint-initdb.d/*.sql; do
    [ ! -e "$file" ] || postgres --single -D "$data" postgres <"$file" >/dev/null
done
exec postgres -D "$data" -c listen_addresses='*' -c unix_socket_directories=/tmp -c fsync=off
