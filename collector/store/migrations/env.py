"""Alembic's entry: runs the migrations on the connection that `schema.migrate` hands over, in its transaction."""

from alembic import context

from collector.store.tables import whole_schema

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=whole_schema(), render_as_batch=True)
context.run_migrations()
