"""API: scores, their history, their explanation; and running a closing. Only for the inside: a customer sees none."""

from http import HTTPStatus
from typing import Annotated, Self

from pydantic import Field, model_validator

from collector.accounts.ledger.facts import Basis
from collector.backtest.background import BacktestRun
from collector.backtest.drift import Drift
from collector.backtest.history import EvaluationSettings
from collector.closing.preview import PolicyEffect
from collector.closing.runs import Run
from collector.health.model import Band, Code
from collector.language.catalogue import SOURCE, Language
from collector.operations import backtest, closing, drift, kept_backtest, scores
from collector.operations.backtest import ProposedPolicy
from collector.operations.kept_backtest import KeptBacktest
from collector.operations.scores import Score, ScoreNow
from collector.scores.evidence import Explained
from collector.scores.failures import ClosingFailure
from collector.values.paging import Page
from collector.web.api.parameters import Between, Day, Paged, day_number
from collector.web.api.routing import Body, Call, Query, Route

_TAG = "scores"
POLICY_MAX = 200_000  # characters: five times the built-in one
_BASIS = "arrived: made of what had arrived here; recorded: of what the source systems knew (an imported past)"


class ScoresQuery(Paged):
    day: Annotated[Day | None, Field(description="default: the newest day that has scores")] = None
    band: Band | None = None
    cap: Annotated[Code | None, Field(description="only accounts for which this exception holds")] = None
    below: Annotated[float | None, Field(ge=0, le=100, description="only scores below this")] = None
    basis: Annotated[Basis, Field(description=_BASIS)] = "arrived"


class ScoreQuery(Query):
    day: Annotated[Day | None, Field(description="default: the account's newest scored day")] = None
    basis: Annotated[Basis, Field(description=_BASIS)] = "arrived"


class ScoreHistoryQuery(Between):
    basis: Annotated[Basis, Field(description=_BASIS)] = "arrived"


class ExplanationQuery(Query):
    as_of: Annotated[
        Day | None, Field(description="the score of that day as it stood when the day was closed; default: the newest")
    ] = None
    language: Language = SOURCE
    basis: Annotated[Basis, Field(description=_BASIS)] = "arrived"


class PolicyBody(Body):
    policy: Annotated[str, Field(max_length=POLICY_MAX, description="a health policy: the text of its TOML file")]


class DriftQuery(Query):
    basis: Basis = "arrived"


class ProposalQuery(Query):
    basis: Annotated[Basis, Field(description=_BASIS)] = "arrived"
    lead: Annotated[int, Field(ge=1, le=365, description="days ahead that a loss is to be foretold")] = 30
    budget: Annotated[float, Field(ge=0.01, le=1.0, description="share of the accounts to alert")] = 0.1
    seed: Annotated[int, Field(ge=0, description="the same seed gives the same proposal")] = 1


class BacktestBody(Body):
    basis: Annotated[Basis, Field(description=_BASIS)] = "arrived"


class RunBody(Body):
    """Without days: what is due. One day: `day`; several: `from` and `to`."""

    day: Day | None = None
    from_: Annotated[Day | None, Field(alias="from")] = None
    to: Day | None = None
    basis: Annotated[Basis, Field(description=_BASIS)] = "arrived"
    account: Annotated[str | None, Field(description="only this account, against the peers of the day")] = None
    again: Annotated[bool, Field(description="append a version also where the day has one")] = False

    @model_validator(mode="after")
    def _days(self) -> Self:
        if self.day is not None and (self.from_ is not None or self.to is not None):
            raise ValueError("give day, or from and to; not both")
        return self

    @property
    def span(self) -> tuple[int | None, int | None]:
        """First and last day number."""
        first, last = (self.day, self.day) if self.day is not None else (self.from_, self.to)
        return day_number(first), day_number(last)


async def list_scores(call: Call, query: ScoresQuery) -> Page[Score]:
    """The newest version of every account on one day, by account."""
    given = query.model_dump() | {"day": day_number(query.day)}
    return await call.do(scores.list_scores, scores.ListScores(**given))


async def account_score(call: Call, query: ScoreQuery) -> ScoreNow:
    wanted = scores.ScoreOfDay(account=_account(call), day=day_number(query.day), basis=query.basis)
    return await call.do(scores.account_score, wanted)


async def account_scores(call: Call, query: ScoreHistoryQuery) -> list[Score]:
    """Every version of the range: late data appends, nothing is replaced."""
    wanted = scores.ScoreVersions(
        account=_account(call), first_day=query.first_day, last_day=query.last_day, basis=query.basis
    )
    return await call.do(scores.account_scores, wanted)


async def account_explanation(call: Call, query: ExplanationQuery) -> Explained:
    """Why the score is what it is: points lost, the exact parts of a change, what would lift it, what it rests on."""
    wanted = scores.ExplainScore(
        account=_account(call), as_of=day_number(query.as_of), basis=query.basis, language=query.language
    )
    return await call.do(scores.explain_score, wanted)


async def run_scores(call: Call, _: Query, body: RunBody) -> Run:
    """Begins; GET /scores/run shows how far it is."""
    first, last = body.span
    wanted = closing.CloseDays(first=first, last=last, basis=body.basis, account=body.account, again=body.again)
    return await call.do(closing.start_closing, wanted)


async def preview_policy(call: Call, _: Query, body: PolicyBody) -> PolicyEffect:
    """Nothing is written: the newest scored day is scored by both policies."""
    return await call.do(closing.preview_policy, closing.PreviewPolicy(policy=body.policy))


async def policy_proposal(call: Call, query: ProposalQuery) -> ProposedPolicy:
    """Fitted on the own losses, judged on a later time; the text of the file is in the answer. Nothing is written."""
    judged = EvaluationSettings(leads=(query.lead,), budget=query.budget, seed=query.seed)
    return await call.do(backtest.propose_policy, backtest.ProposePolicy(basis=query.basis, evaluation=judged))


async def start_backtest(call: Call, _: Query, body: BacktestBody) -> BacktestRun:
    """Begins; GET /scores/backtest/run shows how far it is, GET /scores/backtest what it found."""
    return await call.do(kept_backtest.start_backtest, kept_backtest.StartBacktest(basis=body.basis))


async def backtest_run(call: Call, _: Query) -> BacktestRun:
    return await call.do(kept_backtest.backtest_progress, None)


async def newest_backtest(call: Call, _: Query) -> KeptBacktest:
    """Whether the score would have told who leaves, with its hour. Its proposal is adopted by nothing."""
    return await call.do(kept_backtest.kept_backtest, None)


async def scores_drift(call: Call, query: DriftQuery) -> Drift:
    """The newest scores, and the newest known outcomes, beside those before. The collector asks it each week itself."""
    return await call.do(drift.judge_drift, drift.JudgeDrift(basis=query.basis))


async def scores_run(call: Call, _: Query) -> Run:
    """How far the run is that was asked for last."""
    return await call.do(closing.closing_progress, None)


async def closing_failures(call: Call, _: Query) -> list[ClosingFailure]:
    return await call.do(closing.list_closing_failures, None)


def _account(call: Call) -> str:
    return call.request.match_info["account"]


ROUTES: tuple[Route, ...] = (
    Route("GET", "/scores", _TAG, "Scores of one day", Page[Score], list_scores, ScoresQuery,
          operation=scores.list_scores),
    Route("GET", "/scores/run", _TAG, "How far a run is", Run, scores_run, operation=closing.closing_progress),
    Route("GET", "/scores/failures", _TAG, "Accounts and robots that closings fail for", list[ClosingFailure],
          closing_failures, operation=closing.list_closing_failures),
    Route("POST", "/scores/run", _TAG, "Close days and score them", Run, run_scores, body=RunBody,
          operation=closing.start_closing, status=HTTPStatus.ACCEPTED),
    Route("POST", "/scores/preview", _TAG, "What another health policy would do", PolicyEffect, preview_policy,
          body=PolicyBody, operation=closing.preview_policy),
    Route("GET", "/scores/proposal", _TAG, "A health policy fitted on the own losses", ProposedPolicy, policy_proposal,
          ProposalQuery, operation=backtest.propose_policy),
    Route("GET", "/scores/backtest", _TAG, "The newest back-test", KeptBacktest, newest_backtest,
          operation=kept_backtest.kept_backtest),
    Route("GET", "/scores/backtest/run", _TAG, "How far a back-test is", BacktestRun, backtest_run,
          operation=kept_backtest.backtest_progress),
    Route("POST", "/scores/backtest", _TAG, "Judge the scores by what happened", BacktestRun, start_backtest,
          body=BacktestBody, operation=kept_backtest.start_backtest, status=HTTPStatus.ACCEPTED),
    Route("GET", "/scores/drift", _TAG, "Whether inputs and outcomes are as they were", Drift, scores_drift, DriftQuery,
          operation=drift.judge_drift),
    Route("GET", "/accounts/{account}/score", _TAG, "An account's score", ScoreNow, account_score, ScoreQuery,
          operation=scores.account_score),
    Route("GET", "/accounts/{account}/scores", _TAG, "Every version of an account's scores", list[Score],
          account_scores, ScoreHistoryQuery, operation=scores.account_scores),
    Route("GET", "/accounts/{account}/explanation", _TAG, "A score explained", Explained, account_explanation,
          ExplanationQuery, operation=scores.explain_score),
)  # fmt: skip
