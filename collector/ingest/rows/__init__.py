"""The rows that an ingest transaction reads and writes, in the SQL of both databases."""
