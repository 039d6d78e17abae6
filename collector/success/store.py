"""Calls to action in the store: the day's update, reading, and what a person does with one."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection

from collector.success.priority import Situation
from collector.success.proposals import Proposal


@dataclass(frozen=True, slots=True)
class Case:
    """One account of the day that is closed: how it stands, and what there is to do."""

    situation: Situation
    proposals: tuple[Proposal, ...]


@dataclass(frozen=True, slots=True)
class Updated:
    """Row ids of calls to action that a day's update opened for a person, and that wait in the digest."""

    opened: tuple[int, ...] = ()
    digest: tuple[int, ...] = ()


def update(connection: Connection, day: int, cases: Iterable[Case], now_s: int) -> Updated:
    """Bring the calls to action up to the closed `day`, for these accounts; again with the same day changes nothing.

    Call it once for a day with every account that was scored, also those without proposals (their ARR ranks the
    others), and with the newest day only: an account that was updated for a later day already is left alone.
    """
    raise NotImplementedError
