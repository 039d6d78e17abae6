"""A store of the release that wrote `passed`: its calls to action say `no_longer_needed` after the upgrade."""

import contextlib

import pytest
from sqlalchemy import text

from collector.store.engine import open_store
from tests.databases import older_store

ROWS = (
    "INSERT INTO account (external_id, name, created_at) VALUES ('passed', 'passed', 1000)",
    (
        "INSERT INTO cta (account_id, rule, reason, severity, priority, evidence, title, state, opened_day, seen_day, "
        "closed_day, outcome) VALUES "
        "(1, 'MANUAL', 'a', 0.5, 50, '{}', 'passed', 'closed', 10, 11, 12, 'passed'), "
        "(1, 'SILENT', 'passed', 0.5, 50, '{}', '', 'closed', 10, 11, 12, 'resolved'), "
        "(1, 'DROP', 'c', 0.5, 50, '{}', '', 'open', 10, 11, NULL, '')"
    ),
    (
        "INSERT INTO cta_event (cta_id, at, author, event, detail) VALUES (1, 1000, 'passed', 'digest', '{}'), "
        "(1, 2000, 'collector', 'passed', '{}'), (2, 2000, 'eva', 'closed', '{\"note\":\"passed\"}')"
    ),
)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_an_older_stores_passed_calls_to_action_are_no_longer_needed(kind, tmp_path, request):
    server = request.getfixturevalue("postgresql_server") if kind == "postgresql" else None
    with (
        older_store(kind, tmp_path, server, "0008", ROWS) as url,
        contextlib.closing(open_store(url)) as store,
        store.read() as connection,
    ):
        calls = connection.execute(text("SELECT id, reason, title, state, outcome FROM cta ORDER BY id")).all()
        assert calls == [
            (1, "a", "passed", "closed", "no_longer_needed"), (2, "passed", "", "closed", "resolved"),
            (3, "c", "", "open", ""),
        ]  # fmt: skip
        history = connection.execute(text("SELECT author, event, detail FROM cta_event ORDER BY id")).all()
        assert history == [
            ("passed", "digest", "{}"), ("collector", "no_longer_needed", "{}"), ("eva", "closed", '{"note":"passed"}'),
        ]  # fmt: skip
