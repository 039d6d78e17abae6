"""Makes data on churn that nobody of this project made, with the packages that hold it, and nothing of this project.

Run by the interpreter of an environment of its own (docs/bench.md): `python foreign_data.py crm6 SEED FILE.npz`, or
`python foreign_data.py cdnow FILE.npz`. The file holds, for each customer, its first day, its counts (days x kinds),
and the day of its notice, -1 for those that stay. Days are numbers from the first day of the data.

crm6: the simulator of fightchurn by its own classes, without its database. Its innermost loop over single events is
done for a whole month at once, with the same rates, multipliers and limits.
"""

import contextlib
import importlib.util
import os
import random
import sys
import tempfile
from collections.abc import Iterator
from datetime import date, timedelta
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np

# ruff: noqa: NPY002 - fightchurn draws from numpy's old generator, and so does what replaces its loop

CUSTOMERS, GROWTH, MONTHS = 200, 0.02, 18


def crm6(seed: int, file: Path) -> None:
    """200 customers that grow 2 % a month, for 18 months; nobody leaves without a cause."""
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(sys.stderr):
        os.environ["CHURN_OUT_DIR"] = tempfile.tempdir = folder
        import pandas as pd  # noqa: PLC0415 - only where these packages are
        from dateutil.relativedelta import relativedelta  # noqa: PLC0415 - only where these packages are
        from fightchurn.churnsim import churnsim  # noqa: PLC0415 - only where these packages are
        from omegaconf import OmegaConf  # noqa: PLC0415 - only where these packages are

        pd.options.mode.chained_assignment = None
        conf = Path(churnsim.__file__).parent / "conf"
        args = OmegaConf.merge(OmegaConf.load(conf / "default.yaml"), OmegaConf.load(conf / "crm6.yaml"))
        args.merge_with({"acausal_churn": 0.0, "init_customers": CUSTOMERS, "growth_rate": GROWTH, "model": "crm6"})
        args.transition.churn.offset = -2.0
        start = date.fromisoformat(str(args.start_date))
        args.end_date = str(start + relativedelta(months=MONTHS))
        np.random.seed(seed)
        random.seed(seed)
        made = churnsim.ChurnSimulation(args)
        found = list(_customers(made, start, relativedelta))
    names = list(made.util_mod.behave_names)
    kinds = [name for name in names if name != "users"]
    _write(file, [row for row in found if len(row[1])], kinds, (made.end_date - start).days)


def _customers(made: Any, start: date, months: Any) -> Iterator[tuple[int, np.ndarray, int]]:
    month, wanted = start, CUSTOMERS
    while month < made.end_date:
        for _ in range(wanted):
            yield _customer(made, month, start, months)
        wanted = ceil(CUSTOMERS * GROWTH) if month == start else ceil(wanted * (1 + GROWTH))
        month += months(months=1)


def _customer(made: Any, month: date, start: date, months: Any) -> tuple[int, np.ndarray, int]:
    """First day, counts until the last event or the end, day of the notice (the day after the last event) or -1."""
    began = month + timedelta(days=random.randrange((month + months(months=1) - month).days))
    one = made.create_customer(began)
    counts: list[np.ndarray] = []
    churned, this = False, began
    while not churned:
        one.num_months += 1
        after = began + months(months=one.num_months)
        counts.append(_month(one, this, after, made.args))
        if after > made.end_date:
            break
        churned, this = made.customer_month_end(one, after), after
    told = np.concatenate(counts) if counts else np.zeros((0, 0), dtype=np.int64)
    first = (began - start).days
    if not churned:
        return first, told[: max((made.end_date - began).days, 0)], -1
    last = int(np.flatnonzero(told.sum(axis=1))[-1]) if told.any() else 0
    return first, told[: last + 1], first + last + 1


def _month(one: Any, begins: date, ends: date, args: Any) -> np.ndarray:
    """Counts (days x kinds) of a customer's month; its `event_counts` are those of this month."""
    one.reset_event_counts()
    dates = [begins + timedelta(days=n) for n in range((ends - begins).days)]
    factor = np.array([type(one).get_day_multiplier(each, args) for each in dates])
    users = np.round(factor * np.random.poisson(one.users, len(dates))).astype(int)
    if "users" in one.limits:
        users = np.minimum(users, one.limits["users"])
    rates = one.behavior_rates["daily_rate"].to_numpy(dtype=float)
    drawn = np.random.poisson(rates, (len(dates), len(rates)))
    counts = np.round(factor[:, None] * drawn * users[:, None]).astype(np.int64)
    for at, name in enumerate(one.behavior_rates["behavior"]):
        if name in one.limits:
            counts[:, at] = np.diff(np.minimum(np.cumsum(counts[:, at]), one.limits[name]), prepend=0)
    for at, worth in enumerate(one.behavior_rates["mean_value"]):
        n = int(counts[:, at].sum())
        one.event_counts[at] = (
            float(n)
            if worth is None or np.isnan(worth)
            else float(np.exp(np.random.normal(np.log(worth), 1.0, n)).sum())
        )
    one.event_counts[-1] = ceil(users.sum() / len(dates))
    return counts


def cdnow(file: Path) -> None:
    """The sample's customers from their first purchase on, one kind: CDs bought that day. Nobody gives notice."""
    found_at = importlib.util.find_spec("lifetimes")  # only its file is wanted: what it needs to run need not be there
    assert found_at is not None, "lifetimes is not installed"
    assert found_at.origin is not None
    rows = np.loadtxt(Path(found_at.origin).parent / "datasets" / "CDNOW_sample.txt", usecols=(1, 2, 3), dtype=int)
    began, ends = date(1997, 1, 1), date(1998, 6, 30)
    through = (ends - began).days + 1
    bought: dict[int, dict[int, int]] = {}
    for who, when, discs in rows:
        day = (date(when // 10_000, when // 100 % 100, when % 100) - began).days
        bought.setdefault(int(who), {}).setdefault(day, 0)
        bought[int(who)][day] += int(discs)
    found = []
    for of in bought.values():
        first = min(of)
        counts = np.zeros((through - first, 1), dtype=np.int64)
        for day, discs in of.items():
            counts[day - first, 0] = discs
        found.append((first, counts, -1))
    _write(file, found, ["discs"], through)


def _write(file: Path, found: list[tuple[int, np.ndarray, int]], kinds: list[str], days: int) -> None:
    np.savez_compressed(
        file, first=[row[0] for row in found], length=[len(row[1]) for row in found],
        notice=[row[2] for row in found], counts=np.concatenate([row[1] for row in found]), kinds=kinds, days=days,
    )  # fmt: skip


if __name__ == "__main__":
    what, *rest = sys.argv[1:]
    if what == "crm6":
        crm6(int(rest[0]), Path(rest[1]))
    else:
        cdnow(Path(rest[0]))
