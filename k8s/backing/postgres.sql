-- A database for each service, with two roles: <name>_owner makes and changes tables (the migrations), <name> only
-- reads and writes rows. Also used by docker-compose.yml. Passwords come from the environment, never from here.
\getenv users_password USERS_PASSWORD
\getenv users_owner_password USERS_OWNER_PASSWORD
\getenv catalog_password CATALOG_PASSWORD
\getenv catalog_owner_password CATALOG_OWNER_PASSWORD
\getenv orders_password ORDERS_PASSWORD
\getenv orders_owner_password ORDERS_OWNER_PASSWORD

CREATE ROLE users_owner LOGIN PASSWORD :'users_owner_password' CONNECTION LIMIT 10;
CREATE ROLE catalog_owner LOGIN PASSWORD :'catalog_owner_password' CONNECTION LIMIT 10;
CREATE ROLE orders_owner LOGIN PASSWORD :'orders_owner_password' CONNECTION LIMIT 10;
CREATE ROLE users LOGIN PASSWORD :'users_password' CONNECTION LIMIT 120;
CREATE ROLE catalog LOGIN PASSWORD :'catalog_password' CONNECTION LIMIT 120;
CREATE ROLE orders LOGIN PASSWORD :'orders_password' CONNECTION LIMIT 120;

CREATE DATABASE users OWNER users_owner;
CREATE DATABASE catalog OWNER catalog_owner;
CREATE DATABASE orders OWNER orders_owner;
REVOKE ALL ON DATABASE users, catalog, orders FROM PUBLIC;
GRANT CONNECT ON DATABASE users TO users;
GRANT CONNECT ON DATABASE catalog TO catalog;
GRANT CONNECT ON DATABASE orders TO orders;

\connect users
ALTER DEFAULT PRIVILEGES FOR ROLE users_owner GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO users;
ALTER DEFAULT PRIVILEGES FOR ROLE users_owner GRANT USAGE ON SEQUENCES TO users;
\connect catalog
ALTER DEFAULT PRIVILEGES FOR ROLE catalog_owner GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO catalog;
ALTER DEFAULT PRIVILEGES FOR ROLE catalog_owner GRANT USAGE ON SEQUENCES TO catalog;
\connect orders
ALTER DEFAULT PRIVILEGES FOR ROLE orders_owner GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO orders;
ALTER DEFAULT PRIVILEGES FOR ROLE orders_owner GRANT USAGE ON SEQUENCES TO orders;
