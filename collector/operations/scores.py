"""Scores: those of a day, an account's own, every version of them, and why one is what it is."""

from dataclasses import dataclass

from sqlalchemy import Connection

from collector.access.caller import INSIDE
from collector.accounts.ledger.facts import Basis
from collector.calendar import days
from collector.context import Context
from collector.language.catalogue import Language
from collector.operations import ranges
from collector.operations.operation import account_row, operation
from collector.scores import evidence, scores
from collector.scores.errors import NoScore
from collector.scores.evidence import Explained
from collector.scores.scores import ScoreLine
from collector.values.paging import Page, page_of, read_cursor
from collector.values.refusal import Refusal, Remedy
from collector.values.sentence import Sentence

HISTORY_DAYS = 90
_LIST = Remedy("list the account's scores", route="GET /api/v1/accounts/{account}/scores")


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """One version of the score of an account and day. `final` null: too little is known for a number.

    `unknown`: causes of what should be known and is not (dark, no_file, never_heard, contacts, tickets, finance).
    """

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
    unknown: list[str]
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


@dataclass(frozen=True, slots=True, kw_only=True)
class ListScores:
    """`day` None: the newest day that has scores. `below`: only scores below it."""

    day: int | None = None
    band: str | None = None
    cap: str | None = None
    below: float | None = None
    basis: Basis
    limit: int
    cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreOfDay:
    """`account` is its external id. `day` None: its newest scored day."""

    account: str
    day: int | None = None
    basis: Basis


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreVersions:
    """`last_day` None: today; `first_day` None: 89 days before the last."""

    account: str
    first_day: int | None = None
    last_day: int | None = None
    basis: Basis


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainScore:
    """`as_of`: the score of that day as it stood when the day was closed. None: the newest."""

    account: str
    as_of: int | None = None
    basis: Basis
    language: Language


@operation(roles=INSIDE)
def list_scores(context: Context, wanted: ListScores) -> Page[Score]:
    """The newest version of every account on one day, by account."""

    def read(connection: Connection) -> Page[Score]:
        day = scores.newest_day(connection, None, wanted.basis) if wanted.day is None else wanted.day
        if day is None:
            return Page([], None)
        if day > context.today():
            remedy = Sentence("name a day until {today}", today=days.iso(context.today()))
            raise Refusal(Sentence("{day} has not been yet", day=days.iso(day)), remedy, "invalid")
        after = read_cursor(wanted.cursor, str)
        chosen = [
            line
            for line in scores.lines(connection, day, wanted.basis)
            if (after is None or line.account > after[0])
            and wanted.band in {None, line.band}
            and (wanted.cap is None or wanted.cap in line.caps)
            and (wanted.below is None or (line.final is not None and line.final < wanted.below))
        ]
        items, following = page_of(chosen[: wanted.limit + 1], wanted.limit, lambda line: (line.account,))
        return Page([_shown(line) for line in items], following)

    return context.read(read)


@operation(roles=INSIDE)
def account_score(context: Context, wanted: ScoreOfDay) -> ScoreNow:
    """An account's score on a day with its measures. Refuses where there is none."""

    def read(connection: Connection) -> ScoreNow:
        account_id = account_row(context, connection, wanted.account)
        day = scores.newest_day(connection, account_id, wanted.basis) if wanted.day is None else wanted.day
        stored = None if day is None else scores.as_of(connection, account_id, day, wanted.basis, None)
        if day is None or stored is None:
            raise Refusal("there is no such score", _LIST, "not_found")
        line = scores.history(connection, account_id, day, day, wanted.basis)[-1]
        scored = stored.scored
        measures = {key: one.score for key, one in scored.measures.items()}
        return ScoreNow(score=_shown(line), measures=measures, peer_group=scored.peer_group, peer_n=scored.peer_n)

    return context.read(read)


@operation(roles=INSIDE)
def account_scores(context: Context, wanted: ScoreVersions) -> list[Score]:
    """Every version of the range: late data appends, nothing is replaced."""
    first, last = ranges.span(wanted.first_day, wanted.last_day, context.today(), HISTORY_DAYS)

    def read(connection: Connection) -> list[Score]:
        account_id = account_row(context, connection, wanted.account)
        found = scores.history(connection, account_id, first, last, wanted.basis)
        return [_shown(line) for line in found]

    return context.read(read)


@operation(roles=INSIDE)
def explain_score(context: Context, wanted: ExplainScore) -> Explained:
    """Why the score is what it is: points lost, the exact parts of a change, what would lift it, what it rests on."""

    def read(connection: Connection) -> Explained:
        account_id = account_row(context, connection, wanted.account)
        try:
            return evidence.explained(
                connection, account_id, as_of=wanted.as_of, basis=wanted.basis, lang=wanted.language,
                policy=context.policies.health, base_timezone=context.settings.base_timezone,
            )  # fmt: skip
        except NoScore as error:
            raise Refusal(error.reason, error.remedy, "not_found") from error

    return context.read(read)


def _shown(line: ScoreLine) -> Score:
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
        unknown=list(line.unknown),
        policy=line.policy,
        known_at=days.rfc3339(line.known_at),
        scored_at=days.rfc3339(line.scored_at),
    )
