"""Calendars for tests that need none."""

from collections.abc import Collection, Container, Mapping

from sqlalchemy import Connection


def never_closed(
    _connection: Connection, _robots: Collection[int], _first: int, _last: int
) -> Mapping[int, Container[int]]:
    """Places that are open every day."""
    return {}
