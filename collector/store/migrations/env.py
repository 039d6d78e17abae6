"""Alembic's entry: runs the migrations on the connection that `schema.migrate` hands over, in its transaction."""

from alembic import context

from collector.store.tables import health, ledger, notifications, people, skills, success  # noqa: F401 - they add their tables
from collector.store.tables.fleet import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True)
context.run_migrations()
