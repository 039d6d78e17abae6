"""The schema, one file for each domain, for SQLite and PostgreSQL."""
