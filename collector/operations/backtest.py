"""The back-test: would the score have told who leaves? Of the store's own scores, or of three files."""

from collections.abc import Callable, Sequence
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
from collector.backtest.history import EvaluationSettings, History
from collector.backtest.proposal import FittedPolicy, TooLittle, propose
from collector.backtest.report import Report
from collector.backtest.scored import history_of
from collector.calendar import days
from collector.closing.preview import PolicyEffect
from collector.context import Context, Policies
from collector.health.errors import PolicyInvalid
from collector.operations.closing import PreviewPolicy, preview_policy
from collector.operations.operation import operation
from collector.values.refusal import Refused, Remedy
from collector.values.sentence import Sentence

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


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposePolicy:
    """Fit the weights of the present health policy on the scores of that basis, for the first lead."""

    basis: Basis
    evaluation: EvaluationSettings
    progress: Progress = lambda *_: None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposedPolicy:
    """The proposal, and what it would do to every account on the newest scored day. Nothing is written or adopted."""

    proposal: FittedPolicy
    effect: PolicyEffect


@operation(roles=INSIDE, long=True)
def backtest_scores(context: Context, wanted: BacktestScores) -> Report | Refused:
    """Judge the scores by what became of the contracts. Refuses where there is no score of that basis."""
    found = scored_history(context, wanted.basis, wanted.evaluation.leads, wanted.progress)
    if isinstance(found, Refused):
        return found
    return evaluate(found, wanted.evaluation, lambda step: wanted.progress(step, 0, 0))


@operation(roles=INSIDE, long=True)
def propose_policy(context: Context, wanted: ProposePolicy) -> ProposedPolicy | Refused:
    """A health policy whose weights the own losses speak for, judged on a later time. Refuses with under 50 losses that
    a score had to foretell. A person adopts it by the setting health_policy, or nobody does.
    """
    found = scored_history(context, wanted.basis, wanted.evaluation.leads, wanted.progress)
    if isinstance(found, Refused):
        return found
    made = proposal_of(context, found, wanted.evaluation, wanted.progress)
    return _too_little(made) if isinstance(made, TooLittle) else made


def proposal_of(
    context: Context, found: History, evaluation: EvaluationSettings, progress: Progress
) -> ProposedPolicy | TooLittle | Refused:
    """What `propose_policy` answers, of a history that was read."""
    progress("fit", 0, 0)
    try:
        made = propose(found, context.policies.health, evaluation, days.iso(context.today()))
    except PolicyInvalid as error:
        return Refused(error.said, "write the entry on a line of its own, as the built-in policy has it", "conflict")
    if isinstance(made, TooLittle):
        return made
    progress("preview", 0, 0)
    effect = preview_policy(context, PreviewPolicy(policy=made.policy))
    return effect if isinstance(effect, Refused) else ProposedPolicy(proposal=made, effect=effect)


def _too_little(found: TooLittle) -> Refused:
    if found.why == "few_losses":
        return Refused(
            Sentence(
                "there are {losses} losses that a score had to foretell; weights are fitted from {needed} on",
                losses=found.losses,
                needed=found.needed,
            ),
            Remedy(
                "keep the present weights, or score an imported past to have more",
                "score --basis recorded",
                "POST /api/v1/scores/run with the basis recorded",
            ),
            "conflict",
        )
    return Refused(
        Sentence(
            "the {losses} losses lie too close together in time: weights are fitted on an "
            "earlier part and judged on a later one",
            losses=found.losses,
        ),
        "wait until losses of a later time are known",
        "conflict",
    )


def scored_history(context: Context, basis: Basis, leads: Sequence[int], progress: Progress) -> History | Refused:
    """What the store's scores of that basis said, on days for those leads, and what became of the contracts."""
    policy, currency = context.policies.health, context.settings.base_currency
    found = context.read(
        lambda connection: store_history.history(
            connection, basis, stated_rates(connection, currency), policy, leads=leads, progress=progress
        )
    )
    if not found.rows:
        return Refused(
            Sentence("there is no score of basis {basis} to judge", basis=basis),
            Remedy(
                "give files, or make some: of an imported past with the basis recorded, here too",
                "score",
                "POST /api/v1/scores/run",
            ),
            "not_found",
        )
    return found


def backtest_files(policies: Policies, wanted: BacktestFiles) -> Report:
    """Judge what the files tell. It needs no store, so it takes the policies alone. Raises CollectorError."""
    policy, settings = policies.health, policies.settings
    base = Base(settings.base_currency, settings.base_timezone)
    found, through_day = files.pasts(wanted.accounts, wanted.contracts, wanted.usage, base)
    history = history_of(found, through_day, Rates(base.currency), policy, wanted.evaluation.leads, wanted.progress)
    return evaluate(history, wanted.evaluation, lambda step: wanted.progress(step, 0, 0))


def stated_rates(connection: Connection, currency: str) -> Rates:
    """The newest stated rates: a back-test weighs accounts by money, in one currency."""
    stated = read_exchange_rates(connection, NOW)
    return rates_on(stated, currency, max((one.day for one in stated), default=0))
