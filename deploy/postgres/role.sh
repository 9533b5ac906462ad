#!/bin/sh
# Run once by the Postgres image on an empty volume: the programs get a role that owns its database and nothing else.
set -eu

psql --no-psqlrc -v ON_ERROR_STOP=1 -v "password=$APP_PASSWORD" -U "$POSTGRES_USER" -d postgres <<'SQL'
CREATE ROLE freshet LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'password';
CREATE DATABASE freshet OWNER freshet;
REVOKE CONNECT ON DATABASE freshet FROM PUBLIC;
SQL
