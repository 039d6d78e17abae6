"""What the ledger costs with 10,000 accounts, 20,000 deployments and 1,000,000 touches: its lists, and writing.

SQLite; a list must cost the same however many facts of its kind there are.
"""

import random
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from collector.accounts.ledger import claims, reading, writing
from collector.accounts.ledger.facts import NOW as KNOWN_NOW
from collector.accounts.ledger.facts import Knowledge, Origin, known
from collector.accounts.ledger.kinds import relations, who
from collector.accounts.ledger.kinds.registry import KINDS
from collector.accounts.ledger.reading import FactFilter
from collector.store.engine import Store, open_store
from collector.values.paging import write_cursor
from tests.plain_facts import an_account
from tests.policies import TERMS

ACCOUNTS, TOUCHES, AT_ONCE = 10_000, 1_000_000, 50_000
NOW, DAY = 1_780_000_000, 20_600
ORIGIN = Origin("bench", NOW)
WRITING_TARGET_S, LIST_TARGET_MS = 30, 100


def run() -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder, closing(open_store(f"sqlite:///{folder}/fleet.db")) as store:
        rows = _written(store)
        for name, question in QUESTIONS.items():
            took_ms = _best_ms(store, question)
            rows.append(
                {
                    "name": f"ledger: {name}, 1,000,000 touches",
                    "value": round(took_ms, 1),
                    "unit": "ms",
                    "target": f"≤ {LIST_TARGET_MS}",
                    "met": took_ms <= LIST_TARGET_MS,
                }
            )
        return rows


def _written(store: Store) -> list[dict[str, Any]]:
    chance = random.Random(1)
    accounts = [an_account(id=f"a-{n:05}", name=f"Customer {n}", region=f"R{n % 7}") for n in range(ACCOUNTS)]
    stays = [
        who.Deployment(id=f"d-{n}", account=f"a-{n % ACCOUNTS:05}", robot=f"r-{n}", from_day=DAY)
        for n in range(2 * ACCOUNTS)
    ]
    found = []
    for kind, said in (("account", accounts), ("deployment", stays)):
        began_s = time.perf_counter()
        with store.write() as connection:
            writing.write(connection, KINDS[kind], said, ORIGIN, replace(TERMS, new_robots=True))
        took_s = time.perf_counter() - began_s
        row = {
            "name": f"ledger: {len(said):,} {KINDS[kind].path} judged and written",
            "value": round(took_s, 1),
            "unit": "s",
        }
        found.append({**row, "target": f"≤ {WRITING_TARGET_S}", "met": took_s <= WRITING_TARGET_S})
    for first in range(0, TOUCHES, AT_ONCE):
        said = [_touch(n, chance) for n in range(first, first + AT_ONCE)]
        with store.write() as connection:
            writing.write(connection, KINDS["touch"], said, ORIGIN, TERMS)
    return found


def _touch(n: int, chance: random.Random) -> relations.Touch:
    day = DAY - chance.randrange(540)
    return relations.Touch(id=f"t-{n}", account=f"a-{n % ACCOUNTS:05}", day=day, direction="out", channel="email")


def _list(kind: str, wanted: FactFilter = reading.ALL, **more: Any) -> Callable[[Connection], object]:
    asked = {"knowledge": KNOWN_NOW} | more
    return lambda connection: reading.listed(connection, KINDS[kind], wanted, limit=100, **asked)


QUESTIONS: dict[str, Callable[[Connection], object]] = {
    "100 touches": _list("touch"),
    "100 touches, in the middle": _list("touch", cursor=write_cursor(DAY - 270, TOUCHES // 2)),
    "100 touches of a day": _list("touch", FactFilter(from_day=DAY - 300, to_day=DAY - 300)),
    "100 touches as of a moment": _list("touch", knowledge=Knowledge(NOW + 1, "arrived")),
    "touches of an account": _list("touch", FactFilter(account_id=42)),
    "accounts by part of the name": _list("account", FactFilter(search="Customer 99")),
    "accounts of a region": _list("account", FactFilter(fields={"region": "R3"})),
    "deployments of a robot": _list("deployment", FactFilter(fields={"robot": "r-77"})),
    "conflicts": lambda connection: claims.conflicts(connection, limit=100),
    "one account's ledger": lambda connection: known(connection, [42], KNOWN_NOW),
}


def _best_ms(store: Store, question: Callable[[Connection], object]) -> float:
    """The best of three: the first one also fills caches."""
    times = []
    for _ in range(3):
        with store.read() as connection:
            began_s = time.perf_counter()
            question(connection)
            times.append(time.perf_counter() - began_s)
    return min(times) * 1000
