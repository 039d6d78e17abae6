"""The closing of days: run it now, begin one in the process that serves, see how far it is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from collector.access.caller import CLOSERS, INSIDE, SEES_FLEET
from collector.accounts.ledger.facts import Basis
from collector.context import Context
from collector.health.errors import PolicyInvalid
from collector.health.policy.editing import PolicyDraft, draft
from collector.health.policy.file import Policy
from collector.operations import ranges
from collector.operations.clock import require_clock
from collector.operations.operation import account_row, operation
from collector.scores import failures, reads
from collector.scores.errors import ClosingBusy, DayNotOver, ScoringError
from collector.scores.failures import ClosingFailure
from collector.values.refusal import Refusal, RefusalKind, Remedy

if TYPE_CHECKING:  # it loads scipy, which other operations go without
    from collector.closing.preview import PolicyEffect
    from collector.closing.run import Closing
    from collector.closing.runs import Asked, Run, Runs


DAYS_MAX = 800  # that a process which serves closes at one request


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseDays:
    """Which days to close. Without days: what is due. `account` is an external id; None: everybody.

    `again`: append a version also where the day has one. `progress` is told after each step, on the spot only.
    """

    first: int | None = None
    last: int | None = None
    basis: Basis
    account: str | None = None
    again: bool = False
    progress: "Callable[[Run], None]" = lambda _: None


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewPolicy:
    """`policy` is the text of a policy file."""

    policy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftPolicy:
    """`typed`: by the key of a number (health.policy.editing), as a person typed it."""

    typed: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class DaysClosed:
    """What a closing on the spot did. `has_accounts` False: there was nobody to score."""

    run: "Run"
    has_accounts: bool


def closing_of(context: Context) -> "Closing":
    """A closing by the context's settings and policies."""
    from collector.closing.run import Closing  # noqa: PLC0415 - it loads scipy

    policies = context.policies
    return Closing(
        store=context.store, policy=policies.health, lifecycle=policies.lifecycle, segments=policies.segments,
        playbooks=policies.playbooks, base_currency=context.settings.base_currency,
        base_timezone=context.settings.base_timezone, processes=context.settings.scoring_processes, basis="arrived",
    )  # fmt: skip


@operation(roles=CLOSERS, writes=True)
def close_days(context: Context, wanted: CloseDays) -> DaysClosed:
    """Close days and score every account, here and now. Refuses a day that is not over, and while another one runs."""
    from collector.closing.runs import score_days  # noqa: PLC0415 - it loads scipy

    try:
        run = score_days(closing_of(context), _asked(context, wanted), context.now_s(), wanted.progress)
    except ScoringError as error:
        raise _refusal(error) from error
    return DaysClosed(run, context.read(lambda connection: bool(reads.account_ids(connection))))


@operation(roles=INSIDE)
def draft_policy(context: Context, wanted: DraftPolicy) -> PolicyDraft:
    """The policy in use with what was typed in place of its numbers, and what is wrong with it. Nothing is written."""
    return draft(context.policies.health, wanted.typed)


@operation(roles=INSIDE, long=True)
def preview_policy(context: Context, wanted: PreviewPolicy) -> "PolicyEffect":
    """What another health policy would do to every account on the newest scored day. Nothing is written."""
    from collector.closing.preview import preview  # noqa: PLC0415 - it loads scipy

    try:
        proposed = Policy.load(wanted.policy)
    except PolicyInvalid as error:
        raise Refusal(error.said, "correct the entry; docs/health.md lists them all", "invalid") from error
    found = preview(closing_of(context), proposed, context.now_s())
    if found is None:
        raise Refusal(
            "no day has been scored yet", Remedy("score a day", "score", "POST /api/v1/scores/run"), "not_found"
        )
    return found


@operation(roles=CLOSERS, writes=True)
def start_closing(context: Context, wanted: CloseDays) -> "Run":
    """Begin in the process that serves, and return at once. Refuses a day that is not over, and while another one
    runs.
    """
    runs = _runs(context)
    asked = _asked(context, wanted)
    try:
        if wanted.first is not None and wanted.last is not None:
            ranges.bounded(wanted.first, wanted.last, DAYS_MAX)
            runs.closing.require_over(wanted.last, context.now_s())
        if not runs.thread.is_busy:
            context.note_act()  # what no store takes does not begin
        return runs.start(asked)
    except ClosingBusy as error:
        raise _refusal(error) from error
    except DayNotOver as error:
        raise _refusal(error) from error


@operation(roles=CLOSERS, writes=True, long=True)
def close_due_days(context: Context, _: None) -> "Run":
    """Close what is due and follow what came late, in the process that serves; returns when that is done.

    Nothing happens while a run is under way, here or in another collector of this store. Refuses while the clock is not
    followed.
    """
    runs = _runs(context)
    require_clock(context)
    runs.due()
    return runs.run


@operation(roles=SEES_FLEET)
def list_closing_failures(context: Context, _: None) -> list[ClosingFailure]:
    """Accounts and robots that closings fail for, in which step and why. Each is tried again by every round."""
    return context.read(failures.listed)


@operation(roles=SEES_FLEET)
def closing_progress(context: Context, _: None) -> "Run":
    """How far the run is that was asked for last."""
    return _runs(context).run


def _asked(context: Context, wanted: CloseDays) -> "Asked":
    from collector.closing.runs import Asked  # noqa: PLC0415 - it loads scipy

    if (wanted.first is None) != (wanted.last is None):
        raise Refusal("one end of the days is missing", "give from and to together, or day alone", "invalid")
    ranges.in_order(wanted.first, wanted.last)
    row = None
    if wanted.account is not None:
        name = wanted.account
        row = context.read(lambda connection: account_row(context, connection, name))
    accounts = None if row is None else (row,)
    return Asked(first=wanted.first, last=wanted.last, basis=wanted.basis, accounts=accounts, again=wanted.again)


def _runs(context: Context) -> "Runs":
    if context.services.runs is None:
        raise Refusal("this collector closes no days", "ask the one that serves", "conflict")
    return context.services.runs


def _refusal(error: ScoringError) -> Refusal:
    kind: RefusalKind = "unprocessable" if isinstance(error, DayNotOver) else "conflict"
    return Refusal(error.reason, error.remedy, kind)
