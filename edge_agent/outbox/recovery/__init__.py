"""What is done about damaged outbox files: rows carved out of pages, the write-ahead log read before SQLite does."""
