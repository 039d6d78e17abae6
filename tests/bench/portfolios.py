"""A portfolio of any size in a store, for benches: accounts with two years of contracts, lines, renewals and sales."""

import random
from typing import Any

from sqlalchemy import insert, text

from collector.accounts.ledger.facts import Origin, append
from collector.accounts.ledger.kinds.money import ContractLine, ExchangeRate, Opportunity, Renewal
from collector.accounts.ledger.kinds.registry import KINDS
from collector.accounts.ledger.kinds.relations import Survey
from collector.store.engine import Store
from collector.store.tables.fleet import account
from tests.plain_facts import a_contract, a_csm, an_account

YEAR = 365


def fill(store: Store, accounts: int, today: int, seed: int = 1) -> int:
    """Number of facts written. Three contracts of a year each account, the last one running."""
    chance = random.Random(seed)
    with store.write() as connection:
        rows = [{"id": n + 1, "external_id": f"A{n}", "name": f"Account {n}", "created_at": 0} for n in range(accounts)]
        connection.execute(insert(account), rows)
        written = 0
        common: dict[str, list[Any]] = {
            "csm": [
                a_csm(id=f"m{n}", name=f"Person {n}", team=f"pod {n % 5}", cost_year=30_000_000) for n in range(60)
            ],
            "exchange_rate": [ExchangeRate(id="e", currency="EUR", base="CNY", day=0, worth=7.8)],
        }
        for kind, said in common.items():
            written += len(append(connection, KINDS[kind], said, [None] * len(said), Origin("bench", 1), before={}))
        for first in range(0, accounts, 500):
            facts: dict[str, list[Any]] = {}
            for number in range(first, min(first + 500, accounts)):
                for kind, said in _of_account(number, accounts, today, chance).items():
                    facts.setdefault(kind, []).extend(said)
            for kind, said in facts.items():
                owners = [int((each.id if kind == "account" else each.account)[1:]) + 1 for each in said]
                written += len(append(connection, KINDS[kind], said, owners, Origin("bench", 1), before={}))
    with store.write() as connection:
        connection.execute(text("ANALYZE"))
    return written


def _of_account(number: int, accounts: int, today: int, chance: random.Random) -> dict[str, list[Any]]:
    name = f"A{number}"
    starts = today - 2 * YEAR - chance.randrange(YEAR)
    facts: dict[str, list[Any]] = {"contract": [], "line": [], "renewal": [], "opportunity": [], "survey": []}
    facts["account"] = [
        an_account(
            id=name, name=f"Account {number}", industry=chance.choice(("hospitality", "exhibition", "retail")),
            region=f"region {number % 30}", csm=f"m{number % 60}", potential=chance.randrange(10**8),
            referred_by=f"A{chance.randrange(accounts)}" if chance.random() < 0.1 else None, brand=number % 6,
        )
    ]  # fmt: skip
    for term in range(3):
        contract = f"{name}-{term}"
        facts["contract"].append(
            a_contract(
                id=contract, account=name, starts=starts + term * YEAR, ends=starts + (term + 1) * YEAR - 1,
                currency="EUR" if number % 10 == 0 else "CNY", renews=f"{name}-{term - 1}" if term else None,
            )
        )  # fmt: skip
        amount = chance.randrange(10**5, 10**8)
        facts["line"] += [
            ContractLine(id=f"{contract}-s", account=name, contract=contract, amount=amount),
            ContractLine(
                id=f"{contract}-o", account=name, contract=contract, amount=amount // 9, product="opk", skill="tour"
            ),
        ]
        if chance.random() < 0.1:
            due = starts + (term + 1) * YEAR - 1
            facts["renewal"].append(
                Renewal(id=f"{contract}-r", account=name, contract=contract, due_day=due, outcome="lost")
            )
            break
        facts["renewal"].append(
            Renewal(
                id=f"{contract}-r", account=name, contract=contract, due_day=starts + (term + 1) * YEAR - 1,
                outcome="renewed" if term < 2 else "pending", new_contract=f"{name}-{term + 1}" if term < 2 else None,
            )
        )  # fmt: skip
    if chance.random() < 0.3:
        sold = today - chance.randrange(YEAR)
        facts["opportunity"].append(
            Opportunity(
                id=f"{name}-u", account=name, kind="upsell", opened_day=sold - 30, stage="won", closed_day=sold,
                amount=chance.randrange(10**6),
            )
        )  # fmt: skip
    facts["survey"].append(Survey(id=f"{name}-n", account=name, day=today - 40, kind="nps", score=number % 11))
    return facts
