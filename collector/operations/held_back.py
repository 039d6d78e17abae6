"""Robots that are not on the newest version of a skill: why, whose turn it is, what they are worth; also as a file."""

import csv
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from io import TextIOWrapper
from typing import BinaryIO, Literal

from collector.access.caller import INSIDE
from collector.context import Context
from collector.exchange.errors import ExchangeError
from collector.exchange.imports.spelling import safe
from collector.exchange.spreadsheet import XlsxBook
from collector.language import rollouts as rollout_sentences
from collector.language import skill_store as sentences
from collector.operations.operation import operation
from collector.operations.skill_repository import offers_of
from collector.skillstore.held_back import ALL_HELD, Held, HeldBackRobot, held_back
from collector.values.refusal import Refused
from collector.values.texts import NAME_MAX_CHARS, bounded

COLUMNS = (
    "robot", "account", "account_name", "arr", "currency", "skill", "runs", "newest", "held", "code", "why", "turn",
    "what_to_do",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldBackFilter:
    """`skill` "": all of them. `held` None: for whatever reason. `limit`: of robots."""

    skill: str = ""
    held: Held | None = None
    limit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldBackFile:
    """The same as a file, all of them, written to `out`. `language`: of why and what to do."""

    skill: str = ""
    held: Held | None = None
    form: Literal["csv", "xlsx"]
    language: str
    out: BinaryIO


@dataclass(frozen=True, slots=True)
class HeldBack:
    """`robots`, `accounts`: how many there are of all kinds; `by_held`: how many of each; `shown`: the first ones.

    A robot that is held back with two skills is one robot, and stands in `by_held` with each.
    """

    robots: int
    accounts: int
    by_held: dict[Held, int]
    shown: list[HeldBackRobot]


@operation(roles=INSIDE)
def skills_held_back(context: Context, wanted: HeldBackFilter) -> HeldBack:
    """Robots that are not on the newest version of a skill: why, whose turn it is, and the account's ARR."""
    bounded("skill", wanted.skill, NAME_MAX_CHARS)
    offers, now_s = offers_of(context), context.now_s()
    found = context.read(lambda connection: held_back(connection, offers, now_s, wanted.skill))
    counted = Counter(one.held for one in found)
    return HeldBack(
        len({one.robot for one in found}), len({one.account for one in found}),
        {held: counted[held] for held in ALL_HELD}, _of_kind(found, wanted.held)[: wanted.limit],
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class HeldBackWritten:
    """How many rows, the heading not counted."""

    rows: int


@operation(roles=INSIDE, long=True)
def export_held_back(context: Context, wanted: HeldBackFile) -> HeldBackWritten | Refused:
    """All of them as CSV or XLSX, with why and what to do in words. Refuses more rows than a sheet holds."""
    bounded("skill", wanted.skill, NAME_MAX_CHARS)
    offers, now_s = offers_of(context), context.now_s()
    found = context.read(lambda connection: held_back(connection, offers, now_s, wanted.skill))
    rows = [_row(one, wanted.language) for one in _of_kind(found, wanted.held)]
    if wanted.form == "csv":
        text = TextIOWrapper(wanted.out, "utf-8-sig", newline="")
        writer = csv.writer(text)
        writer.writerow(COLUMNS)
        writer.writerows([safe(cell) for cell in row] for row in rows)
        text.flush()
        text.detach()
        return HeldBackWritten(len(rows))
    book = XlsxBook()
    try:
        book.sheet("held_back", COLUMNS, rows)
    except ExchangeError as error:
        return Refused(error.said, "take it as CSV, or of one skill", "too_large")
    book.save(wanted.out)
    return HeldBackWritten(len(rows))


def _of_kind(found: Sequence[HeldBackRobot], held: Held | None) -> list[HeldBackRobot]:
    return [one for one in found if held in {None, one.held}]


def _row(one: HeldBackRobot, language: str) -> tuple[object, ...]:
    arr = None if one.arr is None else one.arr / 100
    return (
        one.robot, one.account, one.account_name, arr, one.currency, one.skill, one.runs, one.newest,
        sentences.held(one.held, language), one.code, sentences.held_why(one.code, one.reason, language),
        rollout_sentences.turn(one.turn, language), sentences.remedy(one.code, one.turn, language),
    )  # fmt: skip
