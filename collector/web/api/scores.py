"""API: scores, their history, their explanation; and running a closing."""

from dataclasses import dataclass
from functools import partial

from sqlalchemy import Connection

from collector.calendar import days
from collector.closing.runs import Asked, Run, Runs
from collector.health.policy.file import Policy
from collector.scores import evidence, scores
from collector.scores.errors import ClosingBusy, NoScore
from collector.scores.evidence import Explained
from collector.scores.scores import ScoreLine
from collector.values.paging import Page, page_of, read_cursor
from collector.web.api.parameters_scores import ExplanationQuery, RunBody, ScoreHistoryQuery, ScoreQuery, ScoresQuery
from collector.web.api.routing import Call, Query
from collector.web.errors import ConflictProblem, NotFound

HISTORY_DAYS = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """One version of the score of an account and day. `final` null: nothing to judge by."""

    account: str
    day: str
    version: int
    final: float | None
    raw: float | None
    band: str
    coverage: float
    profile: str
    stage: str
    caps: list[str]
    policy: str
    known_at: str
    scored_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreNow:
    """A score with what each measure scored; null: it is absent or muted."""

    score: Score
    measures: dict[str, float | None]
    peer_group: str
    peer_n: int


def shown(line: ScoreLine) -> Score:
    return Score(
        account=line.account,
        day=days.iso(line.day),
        version=line.version,
        final=line.final,
        raw=line.raw,
        band=line.band,
        coverage=line.coverage,
        profile=line.profile,
        stage=line.stage,
        caps=list(line.caps),
        policy=line.policy,
        known_at=days.rfc3339(line.known_at),
        scored_at=days.rfc3339(line.scored_at),
    )


async def list_scores(call: Call, query: ScoresQuery) -> Page[Score]:
    """The newest version of every account on one day, by account."""
    return await call.read(partial(_page, query=query))


def _page(connection: Connection, query: ScoresQuery) -> Page[Score]:
    newest = scores.newest_day(connection, None, query.basis)
    day = days.parse(query.day) if query.day else newest
    if day is None:
        return Page([], None)
    after = read_cursor(query.cursor, str)
    chosen = [
        line
        for line in scores.lines(connection, day, query.basis)
        if (after is None or line.account > after[0])
        and query.band in {None, line.band}
        and (query.cap is None or query.cap in line.caps)
        and (query.below is None or (line.final is not None and line.final < query.below))
    ]
    items, following = page_of(chosen[: query.limit + 1], query.limit, lambda line: (line.account,))
    return Page([shown(line) for line in items], following)


async def account_score(call: Call, query: ScoreQuery) -> ScoreNow:
    return await call.read(partial(_now, call=call, query=query))


def _now(connection: Connection, call: Call, query: ScoreQuery) -> ScoreNow:
    account_id = _account(call, connection)
    day = days.parse(query.day) if query.day else scores.newest_day(connection, account_id, query.basis)
    stored = None if day is None else scores.as_of(connection, account_id, day, query.basis, None)
    if day is None or stored is None:
        raise NotFound("there is no such score", "list the account's scores with GET /api/v1/accounts/{account}/scores")
    line = scores.history(connection, account_id, day, day, query.basis)[-1]
    said = stored.scored
    measured = {key: one.score for key, one in said.measures.items()}
    return ScoreNow(score=shown(line), measures=measured, peer_group=said.peer_group, peer_n=said.peer_n)


async def account_scores(call: Call, query: ScoreHistoryQuery) -> list[Score]:
    """Every version of the range: late data appends, nothing is replaced."""
    first, last = query.days(days.of(call.now_s, "UTC"), HISTORY_DAYS)
    return await call.read(
        lambda connection: [
            shown(line) for line in scores.history(connection, _account(call, connection), first, last, query.basis)
        ]
    )


async def account_explanation(call: Call, query: ExplanationQuery) -> Explained:
    """Why the score is what it is: points lost, the exact parts of a change, what would lift it, what it rests on."""
    policy = call.context.policies.health
    return await call.read(partial(_explained, call=call, query=query, policy=policy))


def _explained(connection: Connection, call: Call, query: ExplanationQuery, policy: Policy) -> Explained:
    try:
        return evidence.explained(
            connection,
            _account(call, connection),
            as_of=days.parse(query.as_of) if query.as_of else None,
            basis=query.basis,
            lang=query.language,
            policy=policy,
        )
    except NoScore as error:
        text, _, remedy = str(error).partition(": ")
        raise NotFound(
            text, remedy or "list the account's scores with GET /api/v1/accounts/{account}/scores"
        ) from error


def _account(call: Call, connection: Connection) -> int:
    found = call.account(connection, call.request.match_info["account"])
    assert found is not None
    return found


async def run_scores(call: Call, _: Query, body: RunBody) -> Run:
    """Begins; GET /scores/run shows how far it is."""
    runs = _runs(call)
    row = await call.read(lambda connection: call.account(connection, body.account))
    first, last = body.span
    asked = Asked(first=first, last=last, basis=body.basis, accounts=None if row is None else (row,), again=body.again)
    try:
        return runs.start(asked)
    except ClosingBusy as error:
        raise ConflictProblem(str(error), "wait until it is done") from error


async def scores_run(call: Call, _: Query) -> Run:
    """How far the run is that was asked for last."""
    return _runs(call).run


def _runs(call: Call) -> Runs:
    if call.context.services.runs is None:
        raise ConflictProblem("this collector closes no days", "ask the one that `collector serve` runs")
    return call.context.services.runs
