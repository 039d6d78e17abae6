"""A store with losses enough to fit weights on: 80 of 160 accounts, momentum low before each."""

import numpy as np
from sqlalchemy import insert

from collector.accounts.ledger import facts as ledger
from collector.accounts.ledger.facts import Origin
from collector.accounts.ledger.kinds import money
from collector.accounts.ledger.kinds.registry import KINDS
from collector.health.model import MeasureScore, Scored
from collector.scores import scores
from collector.store.tables.fleet import account
from tests.plain_facts import a_contract, an_account

NOW, DAY0, DAYS, ACCOUNTS = 1_790_000_000, 19_700, 812, 160


def fill(store, basis="arrived"):
    """Half of the accounts are lost, spread over the time, and momentum is low before; the fault burden is chance."""
    rng, names = np.random.default_rng(1), [f"A{n:03d}" for n in range(ACCOUNTS)]
    with store.write() as connection:
        connection.execute(insert(account), [{"external_id": n, "name": n, "created_at": NOW} for n in names])
        ids, origin = ledger.row_ids(connection, names), Origin("test", NOW)
        for number, name in enumerate(names):
            lost, due = number % 2 == 0, DAY0 + 100 + int(rng.integers(0, 700))
            said = {
                "account": an_account(id=name, name=name),
                "contract": a_contract(id=name, account=name, starts=due - 1000, ends=due),
                "line": money.ContractLine(id=name, account=name, contract=name, amount=100_00),
                "renewal": money.Renewal(
                    id=name, account=name, contract=name, due_day=due, outcome="lost" if lost else "renewed"
                ),
            }
            for kind, fact in said.items():
                ledger.append(connection, KINDS[kind], [fact], [ids[name]], origin)
            rows = []
            for day in range(DAY0, min(DAY0 + DAYS, due) + 1, 28):
                low = lost and due - day < 180
                points = {"B2": float(rng.normal(30 if low else 70, 15)), "C1": float(rng.uniform(0, 100))}
                measures = {key: MeasureScore(state="present", score=of, weight=50.0) for key, of in points.items()}
                final = sum(points.values()) / 2
                one = Scored(
                    account=name, day=day, policy="p1", profile="mature", raw=final, final=final, band="yellow",
                    coverage=1.0, measures=measures,
                )  # fmt: skip
                rows.append(scores.row_of(ids[name], one, day))
            scores.append(connection, rows, basis, NOW)
