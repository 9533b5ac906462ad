#!/bin/sh
# Run once by the Postgres image on an empty volume. `freshet` owns its database and nothing else, and migrates;
# `freshet_app` is what the programs are: it can neither create nor drop, and has the rights that migrate grants it.
set -eu

psql --no-psqlrc -v ON_ERROR_STOP=1 -v "password=$APP_PASSWORD" -v "owner_password=$OWNER_PASSWORD" -U "$POSTGRES_USER" -d postgres <<'SQL'
CREATE ROLE freshet LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'owner_password';
CREATE ROLE freshet_app LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'password';
CREATE DATABASE freshet OWNER freshet;
REVOKE ALL ON DATABASE freshet, postgres, template1 FROM PUBLIC;
GRANT CONNECT ON DATABASE freshet TO freshet_app;
SQL
