"""The back-test of a store in the background: begin one, see how far it is, read the newest one that is kept.

Kept is what it found, its hour and who asked. The proposal is made with it where the losses are enough; nothing adopts
it.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import orjson
from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Connection

from collector.access.caller import CLOSERS, INSIDE
from collector.accounts.ledger.facts import Basis
from collector.background import WorkFailure
from collector.backtest import kept
from collector.backtest.background import BacktestRun, Backtests, Tell
from collector.backtest.evaluation import evaluate
from collector.backtest.history import EvaluationSettings
from collector.backtest.proposal import TooLittle
from collector.backtest.report import Report
from collector.calendar import days
from collector.context import Context
from collector.operations.backtest import ProposedPolicy, proposal_of, scored_history
from collector.operations.operation import operation
from collector.values.refusal import Refusal, Refused, Remedy

BEGIN = Remedy("begin one", "backtest", "POST /api/v1/scores/backtest", "/portfolio/backtest")


@dataclass(frozen=True, slots=True, kw_only=True)
class StartBacktest:
    """Of the store's scores of that basis."""

    basis: Basis


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptBacktest:
    """What it found, its money in hundredths of `currency` ("": not kept then). `proposal` None: why not stands in
    `no_proposal`; `losses` are those that a score had to foretell, `needed` of them make a proposal.
    """

    made_at: str
    by: str
    currency: str
    report: Report
    proposal: ProposedPolicy | None = None
    no_proposal: Literal["", "few_losses", "no_split", "policy"] = ""
    losses: int = 0
    needed: int = 0


_BUSY = Refused(
    "a back-test is under way",
    Remedy("wait until it is done", route="GET /api/v1/scores/backtest/run", page="/portfolio/backtest"),
    "conflict",
)
_FORM = TypeAdapter(KeptBacktest)


@operation(roles=CLOSERS, writes=True)
def start_backtest(context: Context, wanted: StartBacktest) -> BacktestRun | Refused:
    """Begin in the process that serves, and return at once; what it finds takes the place of the one before. Refuses
    while another one runs.
    """
    backtests = _backtests(context)
    if backtests.thread.is_busy:
        return _BUSY
    context.note_act()  # what no store takes does not begin
    apart = replace(context, acting=None)
    if not backtests.start(lambda tell: _made(apart, wanted.basis, tell)):
        return _BUSY
    return backtests.run


@operation(roles=INSIDE)
def backtest_progress(context: Context, _: None) -> BacktestRun:
    """How far the one is that was asked for last, in the process that serves."""
    return _backtests(context).run


@operation(roles=INSIDE)
def kept_backtest(context: Context, _: None) -> KeptBacktest:
    """The newest one that was made in the background. Refuses where there is none."""
    found = context.read(kept.read)
    if found is None:
        raise Refusal("no back-test is kept", BEGIN, "not_found")
    try:
        return _FORM.validate_python(found)
    except ValidationError:
        raise Refusal(
            "another release kept a back-test, in a form that cannot be read here", BEGIN, "not_found"
        ) from None


def _made(context: Context, basis: Basis, tell: Tell) -> WorkFailure | None:
    """Judge, propose, keep. Why nothing is kept, or None."""
    tell("rows", 0, 0)
    evaluation = EvaluationSettings()
    found = scored_history(context, basis, evaluation.leads, tell)
    if isinstance(found, Refused):
        return WorkFailure("no_scores", found.reason)
    report = evaluate(found, evaluation, lambda step: tell(step, 0, 0))
    made = proposal_of(context, found, evaluation, tell)
    now = days.rfc3339(context.now_s())
    answer = KeptBacktest(made_at=now, by=context.caller.name, currency=context.settings.base_currency, report=report)
    if isinstance(made, TooLittle):
        answer = replace(answer, no_proposal=made.why, losses=made.losses, needed=made.needed)
    elif isinstance(made, Refused):
        answer = replace(answer, no_proposal="policy")
    else:
        answer = replace(answer, proposal=made, losses=made.proposal.losses)
    text = orjson.dumps(answer).decode()
    _written(context, lambda connection: kept.keep(connection, text))
    return None


def _written(context: Context, change: Callable[[Connection], None]) -> None:
    """In the store's turn, from a thread of its own."""
    context.store.pool.submit(context.write, change).result()


def _backtests(context: Context) -> Backtests:
    if context.services.backtests is None:
        raise Refusal("this collector makes no back-test in the background", "ask the one that serves", "conflict")
    return context.services.backtests
