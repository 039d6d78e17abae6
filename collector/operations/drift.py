"""Drift: whether what scores are made of, and what they foretell, is still as it was; watched each week."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from collector.access.caller import CLOSERS, INSIDE
from collector.accounts.ledger.facts import Basis
from collector.context import Context
from collector.fleet import drift_alarm
from collector.operations.operation import operation
from collector.scores import scores

if TYPE_CHECKING:
    from collector.backtest.drift import Drift, DriftSide

WATCHED: Basis = "arrived"
WEEK_DAYS = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeDrift:
    """Of the store's scores of that basis."""

    basis: Basis


@operation(roles=INSIDE, long=True)
def judge_drift(context: Context, wanted: JudgeDrift) -> "Drift":
    """Compare the newest scores, and the newest known outcomes, with those before. Nothing is written."""
    return context.read(lambda connection: _judged(context, connection, wanted.basis))


@operation(roles=CLOSERS, writes=True, long=True)
def watch_drift(context: Context, _: None) -> bool:
    """Judge again a week of scored days after the last time, and raise or end the alarms. Whether it judged."""
    newest = context.read(lambda connection: scores.newest_day(connection, None, WATCHED))
    judged = context.read(lambda connection: drift_alarm.read(connection)[0])
    if newest is None or (judged is not None and newest < judged + WEEK_DAYS):
        return False
    found = context.read(lambda connection: _judged(context, connection, WATCHED))
    said = {drift_alarm.INPUTS: _told(found.inputs), drift_alarm.OUTCOMES: _told(found.outcomes)}
    holds = {kind: detail for kind, detail in said.items() if detail}

    def change(connection: Connection) -> None:
        drift_alarm.keep(connection, newest, holds, context.now_s())

    context.store.pool.submit(context.write, change).result()
    return True


def _judged(context: Context, connection: Connection, basis: Basis) -> "Drift":
    from collector.backtest import store_history  # noqa: PLC0415 - they load scipy
    from collector.backtest.drift import drift_of  # noqa: PLC0415 - scipy too
    from collector.operations.backtest import stated_rates  # noqa: PLC0415 - scipy too

    rates = stated_rates(connection, context.settings.base_currency)
    return drift_of(store_history.history(connection, basis, rates, context.policies.health))


def _told(side: "DriftSide") -> str:
    """What moved, by collector/language/alarms.py; "" where nothing did."""
    parts = []
    for one in side.shifts:
        name = f"{one.of} {one.name}".strip() if one.of != "measure" else one.name
        parts.append(f"{name} ({one.before:.2f} → {one.now:.2f})")
    return f"shares of accounts moved: {', '.join(parts)}" if parts else ""
