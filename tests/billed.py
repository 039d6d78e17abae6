"""Accounts that bought skills, for tests and benches of bills: listings, prices, entitlements and use, as rows.

Days are of May 2026 and later; `CLOSES` is a moment at which May's grace is over everywhere.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import orjson
from sqlalchemy import insert, select

from collector import config, context
from collector.access.caller import COMMAND_LINE, Caller
from collector.accounts.ledger.kinds.money import Contract, ContractLine
from collector.calendar import days
from collector.context import Context
from collector.operations import skill_bills
from collector.store.engine import Store
from collector.store.tables.fleet import robot, usage_day
from collector.store.tables.skill_store import skill_entitlement, skill_listing, skill_price
from tests import portfolio

MAY, JUNE, JULY = (days.parse(f"2026-0{month}-01") for month in (5, 6, 7))
CLOSES = (JUNE + 8) * days.DAY_S + days.DAY_S // 2
GRACE_DAYS = 5
TOURS = {
    "currency": "CNY", "trial_days": 0, "minimum": "0",
    "charges": [
        {"kind": "fixed", "name": "fee", "amount": "300.00", "each": "account", "counting": "average"},
        {"kind": "use", "name": "tours", "counter": "guided_tour", "per": 1, "mode": "graduated",
         "tiers": [{"up_to": 10, "unit": "1.00", "flat": "0"}, {"up_to": None, "unit": "0.335", "flat": "0"}]},
    ],
}  # fmt: skip
NAMES_ZH = {"guide": "导览"}


def a_desk(store: Store, now_s: float = CLOSES, caller: Caller = COMMAND_LINE, **settings: Any) -> Context:
    """Who asks at a moment, on that store."""
    return context.of(config.load({"store": "sqlite:///unused.db", **settings}), store, lambda: now_s, caller)


def offer(store: Store, skill: str = "guide", price: Mapping[str, Any] = TOURS, *, from_day: int = MAY - 400) -> None:
    """A skill of the catalogue, and what it costs from a day on."""
    with store.write() as connection:
        if connection.execute(select(skill_listing).where(skill_listing.c.skill == skill)).first() is None:
            connection.execute(
                insert(skill_listing).values(
                    skill=skill, appid=f"org.example.{skill}", publisher="org.example", state="published",
                    name_en=skill, name_zh=NAMES_ZH.get(skill, skill), text_en="", text_zh="", scenes="[]",
                    industries="[]", changed_at=0,
                )
            )  # fmt: skip
        values = {"skill": skill, "valid_from_day": from_day, "price": orjson.dumps(price).decode(), "who": "test"}
        connection.execute(insert(skill_price).values(**values, set_at=0))


def sell(
    store: Store, account_id: int, skill: str = "guide", *, line: str = "line-1", from_day: int = MAY,
    to_day: int | None = None, robots_most: int | None = None,
) -> int:  # fmt: skip
    """An entitlement that a contract line pays for; its number."""
    with store.write() as connection:
        made = insert(skill_entitlement).values(
            account_id=account_id, skill=skill, from_day=from_day, to_day=to_day, origin="contract_line",
            contract_line=line, robots_most=robots_most, ended_reason="", who="test", made_at=0,
        )  # fmt: skip
        return int(connection.execute(made.returning(skill_entitlement.c.id)).scalar_one())


def contract(store: Store, account: str, line: str = "line-1", *, currency: str = "CNY") -> None:
    """The contract line in the ledger."""
    portfolio.write(
        store, "contract",
        Contract(id=f"{account}-c", account=account, starts=MAY - 100, ends=MAY + 600, currency=currency),
    )  # fmt: skip
    said = ContractLine(id=line, account=account, contract=f"{account}-c", product="opk", amount=100_00, skill="guide")
    portfolio.write(store, "line", said)


def count(store: Store, name: str, counted: Mapping[int, int], counter: str = "guided_tour", hours: int = 24) -> None:
    """What a robot counted by day: the row as ingest leaves it, made or replaced."""
    with store.write() as connection:
        robot_id = connection.scalar(select(robot.c.id).where(robot.c.name == name))
        for day, n in counted.items():
            at = (usage_day.c.day == day, usage_day.c.robot_id == robot_id)
            connection.execute(usage_day.delete().where(*at))
            connection.execute(
                insert(usage_day).values(
                    day=day, robot_id=robot_id, totals=orjson.dumps({counter: n} if n else {}).decode(),
                    covered_s=hours * 3600,
                )
            )  # fmt: skip


def an_account(store: Store, name: str = "ACME", robots: Iterable[str] = ("acme-0",), **fields: Any) -> int:
    """With robots since before May."""
    return portfolio.add_account(store, name, list(robots), **fields)


def close(store: Store, now_s: float = CLOSES, **settings: Any) -> skill_bills.BillsDone:
    """The monthly closing, at a moment."""
    done = skill_bills.close_skill_bills(a_desk(store, now_s, **settings), None)
    assert isinstance(done, skill_bills.BillsDone), done
    return done


def bills(store: Store, account: str | None = None) -> list[skill_bills.SkillBillSheet]:
    """All closed bills, the oldest first."""
    desk = a_desk(store)
    page = skill_bills.list_skill_bills(desk, skill_bills.ListSkillBills(account=account, limit=1000))
    assert not hasattr(page, "reason"), page
    found = [skill_bills.one_skill_bill(desk, one.id) for one in reversed(page.items)]
    return sorted(found, key=lambda each: (each.bill.month, each.bill.id))
