"""The newest schema is told by the files' names, as Alembic finds it by loading them."""

from alembic.script import ScriptDirectory

from collector.store import schema


def test_the_head_is_the_one_that_alembic_finds():
    assert schema.head() == ScriptDirectory.from_config(schema._config()).get_current_head()
