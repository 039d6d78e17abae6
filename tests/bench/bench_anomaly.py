"""Falls of usage on simulated accounts: how many are found, and how often an alarm is false, in one run.

Accounts with a weekly profile and dispersion 0.15, judged every day as the collector judges them (peers, incidents
apart). A fall is 60 % from one day on; it counts as found when an alarm begins within 7 or 14 days of it, and had
none in the week before. A false alarm is an alarm that begins where nothing changed; alarms that begin again within
14 days are one, as they are one call to action.
"""

import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from collector.accounts.ledger.view import AccountLedger
from collector.health.anomalies import falls as anomaly
from collector.health.model import HISTORY_DAYS, AccountDay, AccountInputs, Fleet
from tests.bench.served import scaled
from tests.plain_facts import an_account
from tests.policies import RULES
from tests.usage_chance import Habits, daily_counts

RATES = (0.5, 2.0, 10.0, 50.0)
DAY0 = 20_000
YEAR = 365
CALM_ACCOUNTS, FALLING_ACCOUNTS = 100, 400
FALL = 0.4  # of the level before
SEED = 20_261
COOLDOWN_DAYS = 14
NEVER = 99
FIELD_FOUND = {2.0: 50.0, 10.0: 92.0, 50.0: 100.0}
FIELD_FALSE = {10.0: 0.57, 50.0: 0.81}


@dataclass(frozen=True)
class Falls:
    """Per cent found within 7 and 14 days; of these the median delay in days and the per cent dated within 2 days."""

    week: float
    fortnight: float
    delay: float | None
    dated: float | None


def run() -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for at, per_day in enumerate(RATES):
        rows += rows_of(per_day, SEED + at)
    return [*rows, noisy_weeks(), speed()]


def rows_of(per_day: float, seed: int) -> list[dict[str, Any]]:
    calm = scaled(CALM_ACCOUNTS, 20)
    habits = Habits(per_day=per_day)
    alarms, judged = alarms_of(daily_counts(habits, calm, DAY0, HISTORY_DAYS + YEAR, 1.0, seed), YEAR)
    false = episodes(alarms, COOLDOWN_DAYS) / calm
    strict = episodes(alarms, 1) / calm
    fell = falls(habits, scaled(FALLING_ACCOUNTS, 40), seed + 100)
    name = f"at {per_day:g} a day"
    must = per_day == 10.0
    rows: list[dict[str, Any]] = [
        {
            "name": f"falls of 60 % found {name} within 14 days", "value": fell.fortnight, "unit": "%",
            "baseline": FIELD_FOUND.get(per_day, ""),
            **({"target": "≥ 92", "met": fell.fortnight >= 92} if must else {}),
        },
        {"name": f"falls found within 7 days {name}", "value": fell.week, "unit": "%"},
        {
            "name": f"false alarms {name}", "value": false, "unit": "per account-year",
            "baseline": FIELD_FALSE.get(per_day, ""),
            **({"target": "≤ 0.6", "met": false <= 0.6} if must else {}),
        },
        {"name": f"the same, every new beginning counted, {name}", "value": strict, "unit": "per account-year"},
        {"name": f"account-days with enough events {name}", "value": 100 * judged, "unit": "%"},
    ]  # fmt: skip
    if fell.delay is not None and fell.dated is not None:
        rows.append({"name": f"median delay of a found fall {name}", "value": fell.delay, "unit": "days"})
        rows.append({"name": f"dated within 2 days {name}", "value": fell.dated, "unit": "% of the found"})
    return rows


def noisy_weeks() -> dict[str, Any]:
    """Real weeks vary more than their days: here by 15 % of their own."""
    calm = scaled(CALM_ACCOUNTS // 2, 20)
    counts = daily_counts(Habits(per_day=50.0, weeks=0.15), calm, DAY0, HISTORY_DAYS + YEAR, 1.0, SEED + 50)
    alarms, _ = alarms_of(counts, YEAR)
    value = episodes(alarms, COOLDOWN_DAYS) / calm
    return {"name": "false alarms at 50 a day where weeks vary by 15 %", "value": value, "unit": "per account-year"}


def speed() -> dict[str, Any]:
    accounts = scaled(2_000, 200)
    counts = daily_counts(Habits(per_day=10.0), accounts, DAY0, HISTORY_DAYS, 1.0, SEED)
    inputs = [inputs_of(n, days_of(row), DAY0 + HISTORY_DAYS - 1) for n, row in enumerate(counts)]
    began_s = time.process_time()
    anomaly.judge_all([anomaly.statistics(one, rules=RULES) for one in inputs], rules=RULES)
    each_us = (time.process_time() - began_s) / accounts * 1e6
    return {"name": "one account judged", "value": each_us, "unit": "µs"}


def days_of(counts: np.ndarray) -> list[AccountDay]:
    return [
        AccountDay(day=DAY0 + at, robots=1, heard=1, active=int(n > 0), counts={"interaction": int(n)})
        for at, n in enumerate(counts)
    ]


def inputs_of(number: int, days: list[AccountDay], day: int) -> AccountInputs:
    ledger = AccountLedger(row_id=number, account=an_account(id=f"A{number:05d}", name="A"))
    first = day - HISTORY_DAYS + 1 - DAY0
    return AccountInputs(day=day, ledger=ledger, days=tuple(days[first : day + 1 - DAY0]), fleet=Fleet())


def judged_on(lives: list[list[AccountDay]], day: int) -> list[anomaly.Verdict]:
    verdicts = anomaly.judge_all(
        [anomaly.statistics(inputs_of(n, days, day), rules=RULES) for n, days in enumerate(lives)], rules=RULES
    )
    return [verdicts[f"A{n:05d}"] for n in range(len(lives))]


def alarms_of(counts: np.ndarray, days: int) -> tuple[np.ndarray, float]:
    """Account × day: an alarm stands; and the share of account-days that could be judged."""
    lives = [days_of(row) for row in counts]
    last = DAY0 + counts.shape[1] - 1
    by_day = [judged_on(lives, day) for day in range(last - days + 1, last + 1)]
    alarms = np.array([[one.state == "fell" for one in verdicts] for verdicts in by_day]).T
    judged = np.mean([[one.state in {"fell", "steady"} for one in verdicts] for verdicts in by_day])
    return alarms, float(judged)


def episodes(alarms: np.ndarray, quiet_days: int) -> int:
    """Alarms that begin after at least so many days without one."""
    begun = 0
    for row in alarms:
        at = np.flatnonzero(row)
        begun += int((np.diff(at) > quiet_days).sum()) + 1 if len(at) else 0
    return begun


def falls(habits: Habits, accounts: int, seed: int) -> Falls:
    """Falls on every weekday, judged each day for two weeks; dated by the newest verdict that names one."""
    before, after = 7, 14
    level = np.ones((accounts, HISTORY_DAYS + before + after))
    fall_at = HISTORY_DAYS + np.arange(accounts) % 7
    for row, at in zip(level, fall_at, strict=True):
        row[at:] = FALL
    lives = [days_of(row) for row in daily_counts(habits, accounts, DAY0, level.shape[1], level, seed)]
    delay = np.full(accounts, NEVER)
    dated = np.full(accounts, NEVER)
    standing = np.zeros(accounts, dtype=bool)
    for day in range(DAY0 + HISTORY_DAYS - before, DAY0 + level.shape[1]):
        for n, verdict in enumerate(judged_on(lives, day)):
            since = day - DAY0 - fall_at[n] + 1
            if verdict.state != "fell" or since > after:
                continue
            if since <= 0:
                standing[n] |= since > -before
                continue
            delay[n] = min(delay[n], since)
            if verdict.since_day is not None:
                dated[n] = abs(verdict.since_day - DAY0 - fall_at[n])
    fresh = ~standing
    found = fresh & (delay < NEVER)
    return Falls(
        100 * float((delay[fresh] <= 7).mean()),
        100 * float(found.sum() / fresh.sum()),
        float(np.median(delay[found])) if found.any() else None,
        100 * float((dated[found] <= 2).mean()) if found.any() else None,
    )
