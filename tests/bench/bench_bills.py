"""Bills: a month of many accounts with three robots each, closed as the job does; the law over random histories.

The control: without their deltas the bills break the law.
"""

import random
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from collector.skillstore.billing.bill import Bill, drafted
from collector.skillstore.billing.price import Price
from collector.skillstore.billing.rating import BillPeriod, Counts, Known, Subscription, rated, total
from collector.store.engine import open_store
from collector.store.lists import insert_all
from collector.store.tables.fleet import account, deployment, robot, usage_day
from collector.store.tables.skill_store import skill_entitlement
from tests import billed
from tests.billed import JUNE, MAY

ROBOTS = 3
SMALL, LARGE = 1_000, 4_000
HISTORIES = 10_000
CLOSE_10_000_MOST_S, GROWTH_MOST = 10.0, 1.2
MONTHS = tuple(BillPeriod(100 + 30 * at, 130 + 30 * at) for at in range(4))


def closed_in_s(accounts: int) -> float:
    """Seconds for closing May of so many accounts on SQLite."""
    with (
        tempfile.TemporaryDirectory(prefix="fleetward-bench-") as folder,
        closing(open_store(f"sqlite:///{Path(folder) / 'fleet.db'}")) as store,
    ):
        billed.offer(store)
        with store.write() as connection:
            _fill(connection, accounts)
        began = time.perf_counter()
        done = billed.close(store)
        took = time.perf_counter() - began
        assert done.bills == accounts
        return took


def _fill(connection: Connection, accounts: int) -> None:
    """So many accounts with a subscription and three robots each, and all their days of May."""
    each = range(1, accounts + 1)
    insert_all(connection, account, [{"id": n, "external_id": f"A{n}", "name": f"A{n}", "created_at": 0} for n in each])
    robots = range(1, accounts * ROBOTS + 1)
    insert_all(connection, robot, [{"id": n, "name": f"r{n}", "first_seen_at": 0} for n in robots])
    stays = [{"robot_id": n, "account_id": (n - 1) // ROBOTS + 1, "from_day": MAY - 10} for n in robots]
    insert_all(connection, deployment, stays)
    totals = '{"guided_tour":7,"interaction":90,"wake_up":160,"foot_traffic":500,"operating_s":40000}'
    for day in range(MAY, JUNE):
        rows = [{"day": day, "robot_id": n, "totals": totals, "covered_s": 86_400} for n in robots]
        insert_all(connection, usage_day, rows)
    sold = {"skill": "guide", "from_day": MAY, "origin": "contract_line", "ended_reason": "", "who": "b", "made_at": 0}
    insert_all(connection, skill_entitlement, [sold | {"account_id": n, "contract_line": f"l{n}"} for n in each])


def broken_laws(seed: int, *, deltas: bool) -> int:
    """Of random histories, in how many the closed bills do not sum to the rating of all use."""
    chance, broken = random.Random(seed), 0
    for _ in range(HISTORIES):
        price = Price.model_validate(
            billed.TOURS | {"minimum": chance.choice(["0", "310.00"]), "trial_days": chance.choice([0, 14])}
        )
        subscription = Subscription("s", price, chance.randrange(60, 170), None)
        arrivals = [
            (chance.randrange(5), (chance.choice("ab"), chance.randrange(100, 220)), chance.randrange(-20, 200))
            for _ in range(chance.randrange(20))
        ]
        bills: list[Bill] = []
        for at in range(len(MONTHS) + 1):
            months = [*MONTHS, BillPeriod(220, 250)][: at + 1]
            made = drafted(months, bills, [subscription], {"s": _known(arrivals, at)})
            bills.append(made if deltas else Bill(made.period, tuple(x for x in made.lines if x.period == made.period)))
        right = sum(total(rated(subscription, month, _known(arrivals, 4))) for month in [*MONTHS, BillPeriod(220, 250)])
        broken += sum(bill.amount for bill in bills) != right
    return broken


def _known(arrivals: list[tuple[int, tuple[str, int], int]], by: int) -> Known:
    counts: dict[tuple[str, int], int] = {}
    for closed, at, n in arrivals:
        if closed <= by:
            counts[at] = max(0, counts.get(at, 0) + n)
    use: dict[str, Counts] = {"guided_tour": counts}
    return Known(use, {}, {})


def run() -> list[dict[str, Any]]:
    small, large = closed_in_s(SMALL), closed_in_s(LARGE)
    ratio, most_s = large / LARGE / (small / SMALL), CLOSE_10_000_MOST_S * LARGE / 10_000
    held, control = broken_laws(1, deltas=True), broken_laws(1, deltas=False)
    of = f"of {HISTORIES:,} random histories, those whose bills are not the rating of all use"
    return [
        {
            "name": f"bills: a month of {LARGE:,} accounts with {ROBOTS} robots, closed (SQLite)", "unit": "s",
            "value": round(large, 2), "target": f"≤ {most_s:g}", "met": large <= most_s,
        },
        {
            "name": f"bills: time per account, {LARGE:,} against {SMALL:,}", "unit": "×", "value": round(ratio, 2),
            "target": f"≤ {GROWTH_MOST}", "met": ratio <= GROWTH_MOST,
        },
        {"name": f"bills: {of}", "unit": "", "value": held, "target": "0", "met": held == 0},
        {
            "name": f"bills: {of}, without deltas (control: it must be above 0)", "unit": "", "value": control,
            "target": "> 0", "met": control > 0,
        },
    ]  # fmt: skip
