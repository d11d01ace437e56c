"""The database backend of whoever serves: PostgreSQL, whose connections are known to live without asking them."""
