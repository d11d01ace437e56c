-- A database for each service, with two roles: <name>_owner makes and changes tables (the migrations), <name> only
-- reads and writes rows. plaza_audit reads, in each database what `manage.py grant_audit` names there. Also used by
-- docker-compose.yml and the embedded stack. Passwords come from the environment, never from here. May be run again.
\getenv users_password USERS_PASSWORD
\getenv users_owner_password USERS_OWNER_PASSWORD
\getenv catalog_password CATALOG_PASSWORD
\getenv catalog_owner_password CATALOG_OWNER_PASSWORD
\getenv orders_password ORDERS_PASSWORD
\getenv orders_owner_password ORDERS_OWNER_PASSWORD
-- without a password nobody can log in as it
\set audit_password ''
\getenv audit_password AUDIT_PASSWORD

SELECT format('CREATE ROLE %I LOGIN', wanted)
  FROM unnest(ARRAY['users_owner', 'catalog_owner', 'orders_owner', 'users', 'catalog', 'orders', 'plaza_audit']) AS wanted
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) \gexec
ALTER ROLE users_owner PASSWORD :'users_owner_password' CONNECTION LIMIT 10;
ALTER ROLE catalog_owner PASSWORD :'catalog_owner_password' CONNECTION LIMIT 10;
ALTER ROLE orders_owner PASSWORD :'orders_owner_password' CONNECTION LIMIT 10;
ALTER ROLE users PASSWORD :'users_password' CONNECTION LIMIT 120;
ALTER ROLE catalog PASSWORD :'catalog_password' CONNECTION LIMIT 120;
ALTER ROLE orders PASSWORD :'orders_password' CONNECTION LIMIT 120;
ALTER ROLE plaza_audit PASSWORD :'audit_password' CONNECTION LIMIT 10;
ALTER ROLE plaza_audit SET default_transaction_read_only = on;

SELECT format('CREATE DATABASE %I OWNER %I', wanted, wanted || '_owner')
  FROM unnest(ARRAY['users', 'catalog', 'orders']) AS wanted
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = wanted) \gexec
REVOKE ALL ON DATABASE users, catalog, orders FROM PUBLIC;
GRANT CONNECT ON DATABASE users TO users;
GRANT CONNECT ON DATABASE catalog TO catalog;
GRANT CONNECT ON DATABASE orders TO orders;
GRANT CONNECT ON DATABASE users, catalog, orders TO plaza_audit;

\connect users
ALTER DEFAULT PRIVILEGES FOR ROLE users_owner GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO users;
ALTER DEFAULT PRIVILEGES FOR ROLE users_owner GRANT USAGE, SELECT ON SEQUENCES TO users;
\connect catalog
ALTER DEFAULT PRIVILEGES FOR ROLE catalog_owner GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO catalog;
ALTER DEFAULT PRIVILEGES FOR ROLE catalog_owner GRANT USAGE, SELECT ON SEQUENCES TO catalog;
\connect orders
ALTER DEFAULT PRIVILEGES FOR ROLE orders_owner GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO orders;
ALTER DEFAULT PRIVILEGES FOR ROLE orders_owner GRANT USAGE, SELECT ON SEQUENCES TO orders;
