"""The three tables of a back-test, from a seed: accounts, contracts, usage of eighteen months."""

import csv
from pathlib import Path

import numpy as np

from collector.calendar import days
from tests.usage_chance import Habits, daily_counts

DAY0, DAYS, YEAR = 20_000, 540, 365


def write(folder: Path, accounts: int, seed: int, fall: float, churn: float = 0.25) -> tuple[Path, Path, Path]:
    """Those who leave use `fall` of what they used before, in their last 150 days; 1.0: a null history."""
    rng = np.random.default_rng(seed)
    level = np.repeat(rng.lognormal(0, 0.4, accounts)[:, None], DAYS, axis=1)
    contracts = []
    last = np.full(accounts, DAYS - 1)
    for number in range(accounts):
        due = DAY0 + int(rng.integers(-200, 165))
        while due < DAY0 + DAYS:
            kept = due <= DAY0 + 30 or rng.random() > churn
            contracts.append((number, due - YEAR + 1, due, "renewed" if kept else "lost"))
            if not kept:
                level[number, max(due - DAY0 - 150, 0) :] *= fall
                last[number] = due - DAY0
                break
            due += YEAR
        else:
            contracts.append((number, due - YEAR + 1, due, ""))
    counts = daily_counts(Habits(per_day=20.0), accounts, DAY0, DAYS, level, seed + 1)
    files = tuple(folder / f"{name}.csv" for name in ("accounts", "contracts", "usage"))
    rows: tuple[list[tuple[object, ...]], ...] = (
        [("account", "scene"), *((f"C{n:04d}", "exhibition_hall") for n in range(accounts))],
        [
            ("account", "contract", "starts", "ends", "amount", "outcome", "renews"),
            *(
                (f"C{n:04d}", f"C{n:04d}-{starts}", days.iso(starts), days.iso(ends), "12000.00", outcome, "")
                for n, starts, ends, outcome in contracts
            ),
        ],
        [
            ("account", "day", "interaction"),
            *(
                (f"C{n:04d}", days.iso(DAY0 + at), int(counts[n, at]))
                for n in range(accounts)
                for at in range(last[n] + 1)
            ),
        ],
    )
    for path, table in zip(files, rows, strict=True):
        with path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(table)
    return files[0], files[1], files[2]
