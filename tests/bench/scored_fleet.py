"""A fleet with its ledger and its account-days in a store, for benches of scoring: rows as closings leave them.

Account-days are written as the rollup would have: on SQLite an account's days lie together, on PostgreSQL in the order
of the days. What an account's days say repeats every four weeks; a thousand different days serve everybody.
"""

import random
import sqlite3
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from sqlalchemy import text

from collector.accounts.ledger.kinds import care, money, relations, who
from collector.accounts.ledger.kinds.registry import KINDS
from collector.health.model import AccountDay
from collector.scores.days_codec import encode
from collector.store.engine import Store
from tests.plain_facts import a_contract, an_account

ROBOTS = 10
HOUR_S, DAY_S = 3600, 86_400
COUNTERS = {
    "foot_traffic": 5_000, "solicitation": 2_400, "wake_up": 1_600, "interaction": 900, "guided_tour": 60,
    "narration": 55, "leading": 80, "directions": 140, "reception": 30, "dialog_turn": 2_100, "operating_s": 360_000,
    "driving_s": 90_000, "charging_s": 70_000, "distance_m": 21_000, "intervention": 6, "navigation_tasks": 300,
    "faces": 4_100, "touches": 1_900, "utterances": 2_600, "queries": 2_300, "plays": 4_800,
}  # fmt: skip
VARIANTS = 1_000
DAY_COLUMNS = (
    "account_id", "day", "version", "arrived_at", "open", "robots", "heard", "active", "online_s", "scheduled_s",
    "foot_traffic", "wake_up", "interaction", "faults", "body",
)  # fmt: skip
FACT_COLUMNS = (
    "kind", "key", "version", "account_id", "day", "until_day", "arrived_at", "recorded_at", "withdrawn", "author",
    "body",
)  # fmt: skip


def fill(store: Store, accounts: int, today: int, days: int, seed: int = 1) -> dict[str, int]:
    """Rows written, by table. `days` account-days of each account, up to yesterday."""
    chance = random.Random(seed)
    names = range(1, accounts + 1)
    robots = range(1, accounts * ROBOTS + 1)
    many(
        store, "account", ("id", "external_id", "name", "created_at"), ((n, f"A{n}", f"Account {n}", 0) for n in names)
    )
    models = ("tray-4", "guide-2", "hall-3")
    many(
        store, "robot", ("id", "name", "timezone", "model", "rom", "first_seen_at"),
        ((n, f"r{n}", "Asia/Shanghai", models[n // ROBOTS % 3], f"9.{n % 4}", (today - days) * DAY_S) for n in robots),
    )  # fmt: skip
    begins = today - days - 30
    many(
        store, "deployment", ("id", "robot_id", "account_id", "from_day", "fact_key"),
        ((n, n, (n - 1) // ROBOTS + 1, begins, f"d{n}") for n in robots),
    )  # fmt: skip
    facts = many(store, "fact", FACT_COLUMNS, _facts(accounts, today, begins, chance))
    day_rows = many(store, "account_day", DAY_COLUMNS, _day_rows(store, accounts, today, days, chance))
    # every fact was there when the days were added up: else a closing adds all of them up again first
    marks = ((n, today - 1, today * DAY_S, facts) for n in names)
    many(store, "rollup_mark", ("account_id", "through_day", "rolled_at", "fact_id"), marks)
    with store.write() as connection:
        connection.execute(text("ANALYZE"))
    return {"fact": facts, "account_day": day_rows}


def many(store: Store, table: str, columns: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> int:
    """Insert rows below SQLAlchemy: millions of them are only the scene of the bench."""
    written, left = 0, iter(rows)
    while chunk := list(islice(left, 200_000)):
        with store.write() as connection:
            raw: Any = connection.connection.driver_connection
            if isinstance(raw, sqlite3.Connection):
                marks = ", ".join("?" * len(columns))
                raw.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", chunk)
            else:
                with raw.cursor().copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
                    for row in chunk:
                        copy.write_row(row)
        written += len(chunk)
    return written


def _facts(accounts: int, today: int, begins: int, chance: random.Random) -> Iterator[tuple[Any, ...]]:
    for number in range(1, accounts + 1):
        for kind_key, said in _of_account(f"A{number}", number, today, begins, chance):
            kind = KINDS[kind_key]
            day = kind.day_of(said)
            arrived = (today - 400 if day is None else min(day, today - 1)) * DAY_S + HOUR_S
            yield (
                kind_key, said.id, 1, number, day, kind.until_of(said), arrived, arrived, False, "bench",
                kind.dump(said),
            )  # fmt: skip


def _of_account(name: str, number: int, today: int, begins: int, chance: random.Random) -> Iterator[tuple[str, Any]]:
    """About a hundred facts."""
    scene = ("exhibition", "ktv", "mall", "hospital")[number % 4]
    yield "account", an_account(
        id=name, name=f"Account {number}", industry=("hospitality", "museum", "retail")[number % 3], scene=scene,
        region=f"region {number % 30}", timezone="Asia/Shanghai", csm=f"m{number % 60}", signed_day=begins,
    )  # fmt: skip
    yield (
        "site",
        who.Site(id=f"{name}-s", account=name, name="Hall", opens="10:00", closes="22:00", open_weekdays="0111111"),
    )
    for n in range(2):
        yield (
            "closure",
            who.Closure(id=f"{name}-c{n}", account=name, from_day=begins + n * 200, to_day=begins + n * 200 + 4),
        )
    for n, role in enumerate(("sponsor", "champion", "operator", "finance")):
        yield "contact", who.Contact(id=f"{name}-p{n}", account=name, name=f"Person {n}", role=role, since_day=begins)
    for n in range(ROBOTS):
        row = (number - 1) * ROBOTS + n + 1
        yield (
            "deployment",
            who.Deployment(id=f"d{row}", account=name, robot=f"r{row}", from_day=begins, site=f"{name}-s"),
        )
    starts = today - 300 - number % 60
    yield "contract", a_contract(id=f"{name}-k", account=name, starts=starts, ends=starts + 364)
    for n in range(3):
        yield (
            "line",
            money.ContractLine(id=f"{name}-l{n}", account=name, contract=f"{name}-k", amount=1_000_000 * (n + 1)),
        )
    yield from _of_relation(name, today, chance)


def _of_relation(name: str, today: int, chance: random.Random) -> Iterator[tuple[str, Any]]:
    def ago(most: int) -> int:
        return today - 1 - chance.randrange(most)

    for n in range(40):
        outward = n % 3 != 0
        yield "touch", relations.Touch(
            id=f"{name}-t{n}", account=name, day=ago(390), direction="out" if outward else "in",
            channel=("phone", "email", "visit")[n % 3], contact=f"{name}-p{n % 4}",
            answered="yes" if chance.random() < 0.5 else "no",
        )  # fmt: skip
    for n in range(4):
        yield (
            "survey",
            relations.Survey(id=f"{name}-n{n}", account=name, day=ago(390), kind="nps", score=chance.randrange(11)),
        )
        yield (
            "review",
            relations.Review(
                id=f"{name}-q{n}", account=name, due_day=today - 20 - n * 90, held_day=today - 18 - n * 90
            ),
        )
    for n in range(8):
        opened = ago(390)
        yield "ticket", relations.Ticket(id=f"{name}-i{n}", account=name, opened_day=opened, closed_day=opened + 3)
    for n in range(12):
        issued = today - 5 - n * 30
        yield "invoice", money.Invoice(
            id=f"{name}-v{n}", account=name, issued_day=issued, due_day=issued + 30, amount=250_000,
            paid_day=issued + chance.randrange(10, 40),
        )  # fmt: skip
    for n in range(3):
        yield "signal", relations.SignalSeen(id=f"{name}-g{n}", account=name, day=ago(200), signal="config_edit")
    yield (
        "objective",
        care.Objective(
            id=f"{name}-o", account=name, counter="interaction", target=50_000, from_day=today - 90, to_day=today + 90
        ),
    )


def _day_rows(store: Store, accounts: int, today: int, days: int, chance: random.Random) -> Iterator[tuple[Any, ...]]:
    variants = [_variant(account, chance) for account in range(VARIANTS)]
    span = range(today - days, today)
    pairs = (
        ((n, day) for n in range(1, accounts + 1) for day in span)
        if store.dialect == "sqlite"
        else ((n, day) for day in span for n in range(1, accounts + 1))
    )
    for number, day in pairs:
        said, body = variants[(number * 31 + day % 28) % VARIANTS]
        yield (
            number, day, 1, (day + 1) * DAY_S, said.open, said.robots, said.heard, said.active, said.online_s,
            said.scheduled_s, said.counts.get("foot_traffic"), said.counts.get("wake_up"),
            said.counts.get("interaction"), sum(said.faults.values()), body,
        )  # fmt: skip


def _variant(number: int, chance: random.Random) -> tuple[AccountDay, bytes]:
    robot = number * ROBOTS
    faults = {"navigation": chance.randrange(1, 4)} if chance.random() < 0.3 else {}
    said = AccountDay(
        day=0,
        open=number % 7 != 0,
        robots=ROBOTS,
        heard=ROBOTS,
        active=chance.randrange(7, ROBOTS + 1),
        counts={key: int(mean * chance.uniform(0.6, 1.4)) for key, mean in COUNTERS.items()},
        online_s=ROBOTS * 11 * HOUR_S + chance.randrange(HOUR_S),
        scheduled_s=ROBOTS * 12 * HOUR_S,
        faults=faults,
        affected=dict.fromkeys(faults, (robot + 1, robot + 4)),
    )
    return said, encode(said)
