"""What every operation is given: the store, the clock, the settings with their policies, and who is asking.

It is built in one place from the settings (`of`, `opened`); API, pages, commands and jobs build it the same way, and
`seen_by` gives the same context to another caller. No function below has a default for what stands here.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import ValidationError
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from collector import built_in
from collector.access import audit
from collector.access.caller import COMMAND_LINE, Caller
from collector.access.passwords import HashingCost, Passwords
from collector.accounts.ledger.checks import FactRules
from collector.accounts.ledger.kinds.registry import Base
from collector.accounts.lifecycle import policy as lifecycle_policy
from collector.accounts.lifecycle.policy import LifecyclePolicy
from collector.accounts.own_day import own_today, own_todays
from collector.accounts.segments import segments
from collector.accounts.segments.segments import SegmentPolicy
from collector.calendar import days
from collector.config import Settings, one_line
from collector.errors import CollectorError, ConfigurationError
from collector.health.policy.file import Policy
from collector.store.engine import READERS, Store, open_reader, open_store, require_store, unopened
from collector.store.refusals import refusal_of
from collector.store.watch import StoreWatch
from collector.success import playbooks
from collector.success.playbooks import Playbooks
from collector.values.refusal import Refusal, Refused

if TYPE_CHECKING:  # the closing of days loads scipy: a command that closes none goes without
    from collector.backtest.background import Backtests
    from collector.closing.clock_guard import ClockGuard
    from collector.closing.runs import Runs

log = logging.getLogger(__name__)
T = TypeVar("T")


@dataclass(frozen=True)
class Policies:
    """The rules that an installation may change, each read from its file when it is first asked for.

    Every property raises ConfigurationError that names the setting and the file.
    """

    settings: Settings

    @cached_property
    def health(self) -> Policy:
        """Weights, thresholds, windows and the grace of renewals."""
        return _read("health_policy", self.settings.health_policy, Policy.load, built_in.HEALTH)

    @cached_property
    def lifecycle(self) -> LifecyclePolicy:
        """Stages, activation clocks, handover."""
        chosen = self.settings.lifecycle_policy
        return _read("lifecycle_policy", chosen, lifecycle_policy.load, built_in.LIFECYCLE)

    @cached_property
    def segments(self) -> SegmentPolicy:
        """Points, tiers, touch models."""
        return _read("segment_policy", self.settings.segment_policy, segments.load, built_in.SEGMENTS)

    @cached_property
    def playbooks(self) -> Playbooks:
        """The rules of calls to action and their steps."""
        load = partial(playbooks.load, built_in=built_in.PLAYBOOKS)
        return _read("playbooks", self.settings.playbooks, load, built_in.PLAYBOOKS)

    @cached_property
    def fact_rules(self) -> FactRules:
        """What people may set in the ledger, as the health policy says."""
        people = self.health.people
        return FactRules(
            measures=tuple(sorted(self.health.measures)), mute_days=people.mute_days,
            override_days=people.override_days,
        )  # fmt: skip

    def check(self) -> None:
        """Read all of them now, so that a bad file is refused before anything is done by the others."""
        _ = self.health, self.lifecycle, self.segments, self.playbooks


def _read(setting: str, file: Path | None, load: Callable[[str], T], otherwise: T) -> T:
    """What the setting's file says. Raises ConfigurationError in one line."""
    if file is None:
        return otherwise
    try:
        return load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            "{setting} {file}: {detail}; name a TOML file that this user may read",
            setting=setting,
            file=file,
            detail=str(error),
        ) from error
    except ValidationError as error:
        raise ConfigurationError(
            "{setting} {file}: {detail}", setting=setting, file=file, detail=one_line(error)
        ) from error
    except (CollectorError, ValueError) as error:  # a TOMLDecodeError is a ValueError
        said = str(error).removeprefix("policy: ").removeprefix("playbooks: ")
        raise ConfigurationError("{setting} {file}: {detail}", setting=setting, file=file, detail=said) from error


@dataclass(frozen=True)
class Services:
    """What the running process does for an operation, beyond the store. A command has none of it."""

    publish: Callable[[str, bytes], bool] = lambda _robot_name, _document: False
    """Put a retained document on a robot's `desired` topic, from any thread. False: no broker now, it is sent later."""
    runs: "Runs | None" = None
    """The closings of this process; None: it closes no days."""
    backtests: "Backtests | None" = None
    """The back-tests of this process; None: it makes none in the background."""
    clock_guard: "ClockGuard | None" = None
    """Whether closing and retention follow the clock; None: nothing goes by it here."""
    store_watch: StoreWatch | None = None
    """Whether the store takes what is committed; None: this process commits nothing by itself."""
    password_cost: HashingCost = field(default_factory=HashingCost)
    """What one try of a password costs: no setting, so that no configuration lowers it."""

    @cached_property
    def passwords(self) -> Passwords:
        return Passwords(self.password_cost)


@dataclass
class Acting:
    """The act that changes belong to, until its row of the audit log is written. `touched`: robots that it changed."""

    name: str
    about: dict[str, Any]
    is_noted: bool = False
    touched: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class Context:
    """`clock` gives unix seconds. A command that only reads opens SQLite read-only."""

    store: Store
    clock: Callable[[], float]
    settings: Settings
    policies: Policies
    caller: Caller
    services: Services = field(default_factory=Services)
    acting: Acting | None = None  # None: what the process does by itself is in its log

    @property
    def readers_max(self) -> int:
        """How many may read the store at once; more wait."""
        return READERS

    def now_s(self) -> int:
        return int(self.clock())

    def today(self) -> int:
        """The collector's own day. A robot and an account have their own, by where they are."""
        return days.of(self.now_s(), self.settings.base_timezone)

    def today_of(self, connection: Connection, account_id: int) -> int:
        """The account's own day: of everything that is said of it or done for it. `account_id`: of its row."""
        return own_today(connection, account_id, self.now_s(), self.settings.base_timezone)

    def todays_of(self, connection: Connection, account_ids: Sequence[int]) -> dict[int, int]:
        """The same of several, by account."""
        return own_todays(connection, account_ids, self.now_s(), self.settings.base_timezone)

    @property
    def base(self) -> Base:
        """What a fact is told in that does not say its currency or its time zone."""
        return Base(self.settings.base_currency, self.settings.base_timezone)

    def seen_by(self, caller: Caller) -> "Context":
        return replace(self, caller=caller)

    def read(self, question: Callable[[Connection], T]) -> T:
        """The answer from a read-only connection: one view of one moment."""
        with self.store.read() as connection:
            return question(connection)

    def write(self, change: Callable[[Connection], T | Refused]) -> T:
        """The answer of `change`, run in one transaction.

        A `Refused` that it returns, or a Refusal that it raises, rolls everything back and is raised as a Refusal.
        The first change of an act writes its row of the audit log: both stand, or neither.
        """
        try:
            with self.store.write() as connection:
                answer = change(connection)
                if isinstance(answer, Refused):
                    raise Refusal.of(answer)
                self._note(connection)
        except IntegrityError as error:  # a writer that does not take turns (a robot registering) was faster, or a bug
            refused = refusal_of(error)
            assert refused is not None
            extra = {"action": "change_refused_by_store", "reason": str(error.orig)}
            log.warning("the store refused a change: %s", refused.reason, extra=extra)
            raise Refusal.of(refused) from error
        if self.acting is not None:
            self.acting.is_noted = True
        return answer

    def note_act(self) -> None:
        """The act's row of the audit log alone: of one that changes the store later, or nothing in it. Raises Refusal
        where the store takes no row.
        """
        self.write(lambda _: None)

    def touched(self, robots: Iterable[str]) -> None:
        """Within a change: which robots the act is changing, for its row of the audit log."""
        if self.acting is not None:
            self.acting.touched = sorted(robots)

    def _note(self, connection: Connection) -> None:
        if self.acting is not None and not self.acting.is_noted:
            acting = self.acting
            audit.note(connection, self.caller, acting.name, acting.about, self.now_s(), touched=acting.touched)


def of(
    settings: Settings, store: Store, clock: Callable[[], float], caller: Caller, services: Services | None = None
) -> Context:
    """The only place where a context is made of settings."""
    return Context(
        store=store, clock=clock, settings=settings, policies=Policies(settings), caller=caller,
        services=services or Services(),
    )  # fmt: skip


@contextmanager
def opened(
    settings: Settings, clock: Callable[[], float], *, writes: bool, makes: bool, needs_store: bool = True
) -> Iterator[Context]:
    """A command's context on the settings' store, closed at the end.

    Only one that writes takes the lock of writers and migrates. Only one that `makes` a store makes a missing SQLite
    file: a mistyped --store is not an empty one; what is refused leaves none behind. Without `needs_store` none is
    opened. Raises StoreError.
    """
    url = settings.store.get_secret_value()
    if not needs_store:
        yield of(settings, unopened(url), clock, COMMAND_LINE)
        return
    if not makes:
        require_store(url)
    store = open_store(url) if writes else open_reader(url)
    try:
        yield of(settings, store, clock, COMMAND_LINE)
    except CollectorError:
        store.take_back()
        raise
    finally:
        store.close()
