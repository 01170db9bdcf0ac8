#!/bin/sh
# Three roles in the new database: the workers own the tables; the page reads, and adds rows to a few of them; the boards
# read the views that are made for them (board_*), nothing else, and ask for half a minute at most.
set -eu
psql -v ON_ERROR_STOP=1 --no-psqlrc --quiet --username "$POSTGRES_USER" --dbname postgres <<'SQL'
\set owner_password `cat /run/secrets/store_owner`
\set page_password `cat /run/secrets/store_page`
\set boards_password `cat /run/secrets/store_boards`
CREATE ROLE budgetwatch LOGIN PASSWORD :'owner_password';
CREATE ROLE budgetwatch_page LOGIN PASSWORD :'page_password';
CREATE ROLE budgetwatch_boards LOGIN PASSWORD :'boards_password';
ALTER ROLE budgetwatch_boards SET default_transaction_read_only = on;
ALTER ROLE budgetwatch_boards SET statement_timeout = '30s';
CREATE DATABASE budgetwatch OWNER budgetwatch ENCODING 'UTF8' TEMPLATE template0;
REVOKE ALL ON DATABASE budgetwatch FROM PUBLIC;
GRANT CONNECT ON DATABASE budgetwatch TO budgetwatch_page, budgetwatch_boards;
\connect budgetwatch
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO budgetwatch_page, budgetwatch_boards;
-- Tables come later, and anew with each rebuild: whoever makes them gives the page its rights (streams/store/rights.py).
SQL
