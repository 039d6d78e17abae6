"""The back-test: would the score have told who leaves? Of the store's own scores, or of three files."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from collector.access.caller import INSIDE
from collector.accounts.contracts.exchange_rates import Rates, rates_on
from collector.accounts.ledger.book import read_exchange_rates
from collector.accounts.ledger.facts import NOW, Basis
from collector.accounts.ledger.kinds.registry import Base
from collector.backtest import files, store_history
from collector.backtest.evaluation import evaluate
from collector.backtest.history import EvaluationSettings
from collector.backtest.report import Report
from collector.backtest.scored import history_of
from collector.context import Context, Policies
from collector.operations.operation import operation
from collector.values.refusal import Refused

Progress = Callable[[str, int, int], None]
"""Is told a step, how much of it is done, and of how much (0: not known)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BacktestScores:
    """Judge the store's scores of that basis, as they stood."""

    basis: Basis
    evaluation: EvaluationSettings
    progress: Progress


@dataclass(frozen=True, slots=True, kw_only=True)
class BacktestFiles:
    """Score three tables by the health policy, and judge that."""

    accounts: Path
    contracts: Path
    usage: Path
    evaluation: EvaluationSettings
    progress: Progress


@operation(roles=INSIDE, long=True)
def backtest_scores(context: Context, wanted: BacktestScores) -> Report | Refused:
    """Judge the scores by what became of the contracts. Refuses where there is no score of that basis."""
    policy, currency = context.policies.health, context.settings.base_currency
    found = context.read(
        lambda connection: store_history.history(
            connection, wanted.basis, _stated_rates(connection, currency), policy, progress=wanted.progress
        )
    )
    if not found.rows:
        return Refused(
            f"there is no score of basis {wanted.basis} to judge",
            "make some with `collector score` (an imported past: `collector score --from DAY --to DAY --basis "
            "recorded`, then --basis recorded here too), or give files",
            "not_found",
        )
    return evaluate(found, wanted.evaluation, lambda step: wanted.progress(step, 0, 0))


def backtest_files(policies: Policies, wanted: BacktestFiles) -> Report:
    """Judge what the files tell. It needs no store, so it takes the policies alone. Raises CollectorError."""
    policy, settings = policies.health, policies.settings
    base = Base(settings.base_currency, settings.base_timezone)
    found, through_day = files.pasts(wanted.accounts, wanted.contracts, wanted.usage, base, policy.renewal.grace_days)
    history = history_of(found, through_day, Rates(base.currency), policy, wanted.progress)
    return evaluate(history, wanted.evaluation, lambda step: wanted.progress(step, 0, 0))


def _stated_rates(connection: Connection, currency: str) -> Rates:
    """The newest stated rates: a back-test weighs accounts by money, in one currency."""
    stated = read_exchange_rates(connection, NOW)
    return rates_on(stated, currency, max((one.day for one in stated), default=0))
