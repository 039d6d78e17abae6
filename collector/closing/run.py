"""The closing of a day: from robots' counts to scores, exceptions and what to do next.

    rollup ──▶ readings (pass 1) ──▶ verdicts, incidents, peers ──▶ scores (pass 2) ──▶ lifecycle ──▶ success

A day is closed when it is over in the time zone of every account and every robot, plus the time that late uploads get.
Pass 1 reads the accounts in chunks, in two processes when they are many; what pass 2 needs of it is kept packed. A
closing that is cut off is simply run again: everything in it is repeatable, and only one collector closes at a time.
"""

import logging
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select

from collector.accounts.contracts.exchange_rates import Rates, rates_on
from collector.accounts.ledger.book import read_exchange_rates
from collector.accounts.ledger.facts import Basis, Knowledge
from collector.accounts.lifecycle.policy import LifecyclePolicy
from collector.accounts.lifecycle.stage import Entered
from collector.accounts.segments.segments import SegmentPolicy
from collector.calendar import days
from collector.closing import passes
from collector.closing.workers import Members, Workers
from collector.health.anomalies import incidents
from collector.health.anomalies.falls import Statistics, Verdict, judge_all, variation_of
from collector.health.model import Readings
from collector.health.policy.file import Policy
from collector.health.score import peers
from collector.health.score.peers import PeerTable
from collector.notifications import announcements
from collector.scores import anomalies, closed_days, failures, peers_store, reads, scores, stages
from collector.scores.errors import DayNotOver
from collector.scores.peers_store import Comparison
from collector.scores.rollup import rollup
from collector.store import fence
from collector.store.engine import Store
from collector.store.fence import Failed
from collector.store.tables.health import policy as policy_table
from collector.store.tables.health import to_rescore
from collector.success import standings
from collector.success import store as success
from collector.success.playbooks import Playbooks

log = logging.getLogger(__name__)
Progress = Callable[[str, int, int], None]
"""Told (step, done, of): rollup, read, judge, score, success."""
GRAVE_SEVERITY = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """What closing one day did. `known_at`: the latest; accounts of eastern time zones may know less.

    `failed`: accounts and robots that it failed for; they are tried again by every round.
    """

    day: int
    accounts: int
    scored: int
    rolled_up: int  # versions of account-days
    known_at: int
    took_s: float
    failed: int = 0


@dataclass(frozen=True, slots=True)
class _Read:
    """What pass 1 said of everybody."""

    kept: list[tuple[bytes, tuple[int, ...], int]]  # pickled, accounts, known at
    readings: list[Readings]
    statistics: list[Statistics]
    entered: dict[int, Entered]  # lifecycle stages
    left: list[int]  # customers that are gone: neither scored nor compared with
    failed: Failed


@dataclass(frozen=True, kw_only=True)
class Closing:
    """Closes days of one store as the policy says. `clock` is for figures only: what is known when is an argument."""

    store: Store
    policy: Policy
    lifecycle: LifecyclePolicy
    segments: SegmentPolicy
    playbooks: Playbooks
    base_currency: str
    base_timezone: str
    processes: int
    basis: Basis
    progress: Progress = lambda _step, _done, _of: None
    clock: Callable[[], float] = time.monotonic

    @property
    def _grave(self) -> frozenset[str]:
        return frozenset(key for key, level in self.policy.severity.items() if level >= GRAVE_SEVERITY)

    def due(self, now_s: int) -> list[int]:
        """The days that are over and settled and not closed yet, in order; at most the last `late_days`."""
        with self.store.read() as connection:
            zones = closed_days.timezones(connection, reads.account_ids(connection), self.base_timezone)
            everywhere = {*zones, *closed_days.robot_zones(connection)} if zones else ()
            newest = closed_days.newest_over(now_s, everywhere, self.policy.clock.settle_h)
            closed = closed_days.closed_through(connection)
        if newest is None:
            return []
        begin = newest if closed is None else max(closed + 1, newest - self.policy.clock.late_days + 1)
        return list(range(begin, newest + 1))

    def run(self, now_s: int) -> list[Closed]:
        """What the clock asks for: close what is due, score again what late data changed, try again what failed.

        Raises ClosingBusy.
        """
        done = [self.close(day, now_s) for day in self.due(now_s)]
        self.follow_late(now_s)
        self.try_again(now_s)
        return done

    def try_again(self, now_s: int) -> int:
        """Score the accounts that a closing could not score, for the days that it could not; how many were made."""
        with closed_days.alone(self.store):
            with self.store.read() as connection:
                begins = failures.waiting(connection, "score")
                closed = closed_days.closed_through(connection)
                ids = reads.account_ids(connection)
            if not begins or closed is None:
                return 0
            made = 0
            failed: Failed = {}
            for day in range(max(min(begins.values()), closed - self.policy.clock.late_days + 1), closed + 1):
                wanted = {account_id for account_id, begin in begins.items() if begin <= day}
                chunks = [(part, Knowledge(now_s, self.basis)) for part in _parts(ids)]
                scored, failing = self._score(day, now_s, chunks, wanted=wanted, again=False, is_newest=False)
                made, failed = made + scored, failed | failing
            with self.store.write() as connection:
                over = [("account", one) for one in begins if ("account", one) not in failed]
                failures.forget(connection, "score", over)
        return made

    def close(self, day: int, now_s: int, *, accounts: Collection[int] | None = None, again: bool = False) -> Closed:
        """Close one day, for all accounts or some. `again`: append a new version also where the day has one.

        Raises DayNotOver, ClosingBusy.
        """
        began = self.clock()
        with closed_days.alone(self.store):
            with self.store.read() as connection:
                ids = reads.account_ids(connection)
                zones = closed_days.timezones(connection, ids, self.base_timezone)
                everywhere = {*zones, *closed_days.robot_zones(connection)} if zones else set[str]()
                closed = closed_days.closed_through(connection)
            newest = self._newest_over(day, now_s, everywhere)
            self._keep_policy(now_s)
            rolled = rollup.roll_up(
                self.store, ids, newest, now_s, self._grave, lambda *at: self.progress("rollup", *at),
                again_from=day if again else None,
            )  # fmt: skip
            chunks = self._chunks(day, now_s, zones)
            is_newest = self.basis == "arrived" and accounts is None and (closed is None or day >= closed)
            self._settle_rollup(rolled.failed, day, now_s)
            scored, failed = self._score(day, now_s, chunks, wanted=accounts, again=again, is_newest=is_newest)
            known_at = max((knowledge.at_s or now_s for _, knowledge in chunks), default=now_s)
        result = Closed(
            day=day, accounts=len(ids), scored=scored, rolled_up=rolled.versions, known_at=known_at,
            took_s=round(self.clock() - began, 3), failed=len({*rolled.failed, *failed}),
        )  # fmt: skip
        extra = {"action": "day_closed", "day": days.iso(day), "accounts": len(ids), "scored": scored}
        log.info("a day was closed", extra={**extra, "took_s": result.took_s})
        return result

    def follow_late(self, now_s: int) -> int:
        """Roll up what came late for closed days, and score again what it touches; how many scores were made."""
        with closed_days.alone(self.store):
            with self.store.read() as connection:
                closed = closed_days.closed_through(connection)
                ids = reads.account_ids(connection)
            if closed is None:
                return 0
            self._settle_rollup(rollup.roll_up(self.store, ids, closed, now_s, self._grave).failed, closed, now_s)
            with self.store.read() as connection:
                rows = connection.execute(select(to_rescore)).all()
            begins: dict[int, int] = {}
            first = closed - self.policy.clock.late_days + 1
            for account_id, day in rows:
                if day >= first:  # older days stay as they were scored: their account-days are there for later scores
                    begins[account_id] = min(day, begins.get(account_id, day))
            made = 0
            for day in range(first, closed + 1):
                touched = {account_id for account_id, begin in begins.items() if begin <= day}
                made += self._again(day, now_s, ids, touched) if touched else 0
            if rows:
                with self.store.write() as connection:
                    for account_id in {account_id for account_id, _ in rows}:
                        connection.execute(delete(to_rescore).where(to_rescore.c.account_id == account_id))
        return made

    def _again(self, day: int, now_s: int, everybody: Sequence[int], touched: Collection[int]) -> int:
        with self.store.read() as connection:
            standing = scores.versions(connection, sorted(touched), day, self.basis)
        if not standing:
            return 0
        chunks = [(part, Knowledge(now_s, self.basis)) for part in _parts(everybody)]
        return self._score(day, now_s, chunks, wanted=set(standing), again=True, is_newest=False)[0]

    def _settle_rollup(self, failed: Failed, day: int, now_s: int) -> None:
        with self.store.write() as connection:
            failures.settle(connection, "rollup", failed, day, now_s)

    def require_over(self, day: int, now_s: int) -> None:
        """Raises DayNotOver where that day cannot be closed yet."""
        with self.store.read() as connection:
            zones = closed_days.timezones(connection, reads.account_ids(connection), self.base_timezone)
            everywhere = {*zones, *closed_days.robot_zones(connection)} if zones else set[str]()
        self._newest_over(day, now_s, everywhere)

    def _newest_over(self, day: int, now_s: int, zones: Collection[str]) -> int:
        """The newest day that can be closed. Raises DayNotOver when `day` is later."""
        newest = closed_days.newest_over(now_s, zones, self.policy.clock.settle_h)
        if newest is not None and day > newest:
            raise DayNotOver(
                f"{days.iso(day)} is not over and settled everywhere",
                f"the newest day that can be closed is {days.iso(newest)}",
            )
        return day if newest is None else newest

    def _chunks(
        self, day: int, now_s: int, zones: Mapping[str, Sequence[int]]
    ) -> list[tuple[Sequence[int], Knowledge]]:
        """The accounts of a closing. What was known: now, or for a day long past what stood at its cutoff."""
        found: list[tuple[Sequence[int], Knowledge]] = []
        for zone, accounts in sorted(zones.items()):
            cutoff = closed_days.cutoff_s(day, zone, self.policy.clock.settle_h)
            is_late = self.basis == "arrived" and now_s - cutoff < self.policy.clock.late_days * days.DAY_S
            known = Knowledge(now_s if is_late else cutoff, self.basis)
            found += [(part, known) for part in _parts(accounts)]
        return found

    def _score(
        self, day: int, now_s: int, chunks: Sequence[tuple[Sequence[int], Knowledge]], *,
        wanted: Collection[int] | None, again: bool, is_newest: bool,
    ) -> tuple[int, Failed]:  # fmt: skip
        """Both passes: how many scores were made, and whose failed, which is named in the store.

        With `wanted`, only these are scored, against what the closing of the day found, if any. A whole day is compared
        anew only where it has not been closed by this policy, or is closed `again`: peers are frozen with the closing.

        `chunks` are everybody: without a closing by this policy all are read, to compare with.
        """
        is_anew = wanted is None and again
        with self.store.read() as connection:
            made = None if is_anew else peers_store.load(connection, day, self.basis, self.policy.hash)
            rates = self._rates(connection, day, now_s)
            known_s = min((known.at_s or now_s for _, known in chunks), default=now_s)
            feeds = reads.feeds(connection, Knowledge(known_s, self.basis))
        if made is not None and wanted is not None:
            chosen = frozenset(wanted)
            chunks = [([one for one in accounts if one in chosen], known) for accounts, known in chunks]
            chunks = [(accounts, known) for accounts, known in chunks if accounts]
        frame = passes.Frame(
            day=day, basis=self.basis, policy_text=self.policy.text, lifecycle=self.lifecycle, segments=self.segments,
            playbooks=self.playbooks, rates=rates, base_timezone=self.base_timezone, feeds=feeds,
            with_success=is_newest,
        )  # fmt: skip
        with Workers(self.store, sum(len(accounts) for accounts, _ in chunks), self.processes) as workers:
            read = self._first(workers, chunks, frame)
            members = None if made is None else made.members
            made, verdicts = self._compared(read, day, now_s, made, keep=wanted is None)
            if wanted is None and self.basis == "arrived":  # there is one history, of what was known here
                self._enter(read.entered, day, now_s, read.failed)
            read.readings.clear()
            scored = self._second(
                workers, read, made.peers, verdicts, frame, members, now_s=now_s, wanted=wanted, again=again
            )
        if read.failed:
            with self.store.write() as connection:
                failures.add(connection, "score", read.failed, day, now_s)
        return scored, read.failed

    def _first(self, workers: Workers, chunks: Sequence[tuple[Sequence[int], Knowledge]], frame: passes.Frame) -> _Read:
        read = _Read([], [], [], {}, [], {})
        for number, (found, (_, known)) in enumerate(zip(workers.first(chunks, frame), chunks, strict=True)):
            assert known.at_s is not None
            read.kept.append((found.kept, found.accounts, known.at_s))
            read.readings.extend(found.for_peers)
            read.statistics.extend(found.statistics)
            read.entered.update(found.entered)
            read.left.extend(found.left)
            read.failed.update(found.failed)
            self.progress("read", number + 1, len(chunks))
        return read

    def _enter(self, entered: Mapping[int, Entered], day: int, now_s: int, failed: Failed) -> None:
        """Append to the lifecycle's history, unless it goes on beyond the day already."""

        def enter(some: Sequence[int]) -> None:
            with self.store.write() as connection:
                last = stages.standing(connection, some, days.DAY_MAX)
                made = {one: entered[one] for one in some if one not in last or last[one].day <= day}
                stages.append(connection, made, now_s)

        fence.each(list(entered), enter, failed)

    def _compared(
        self, read: _Read, day: int, now_s: int, closed: Comparison | None, *, keep: bool
    ) -> tuple[Comparison, Mapping[str, Verdict]]:
        """What everybody together says, and the verdicts after incidents. `closed`: what the day's closing found.

        `keep`: the verdicts are those of everybody, and go into the history of falls and incidents.
        """
        rules, found = self.policy.anomaly, read.statistics
        if closed is None:
            variation = variation_of(found, rules)
            verdicts = judge_all(found, rules, variation)
            seen = incidents.find(found, verdicts, rules)
            table = peers.build(read.readings, self.policy)
            made = Comparison(table, variation, seen, peers.members(read.readings, table.measures))
        else:
            verdicts = judge_all(found, rules, closed.variation)
            made, seen = closed, incidents.rejoined(found, verdicts, closed.incidents)
        verdicts = incidents.muted(verdicts, seen)
        with self.store.write() as connection:
            if closed is None:
                peers_store.save(connection, day, self.basis, made, self.policy.hash, now_s)
            if keep and self.basis == "arrived":
                anomalies.record(connection, day, verdicts, seen, now_s, read.failed)
            elif closed is not None and self.basis == "arrived":
                anomalies.record_again(connection, day, verdicts, now_s, read.failed)
        self.progress("judge", 1, 1)
        return made, verdicts

    def _second(
        self, workers: Workers, read: _Read, table: PeerTable, verdicts: Mapping[str, Verdict], frame: passes.Frame,
        members: Members, *, now_s: int, wanted: Collection[int] | None, again: bool,
    ) -> int:  # fmt: skip
        row_ids = {one.account: one.row_id for one in verdicts.values()}
        of_row = {row_ids[account]: verdict for account, verdict in verdicts.items()}
        chosen = None if wanted is None else frozenset(wanted)
        tasks = (
            (
                kept,
                chosen,
                {of_row[one].account: of_row[one] for one in accounts if one in of_row},
                known_at,
                None if members is None else {one: members[one] for one in accounts if one in members},
            )
            for kept, accounts, known_at in read.kept
        )
        made, cases = 0, list[success.Case]()
        for number, found in enumerate(workers.second(tasks, table.dump(), frame)):
            read.failed.update(found.failed)
            made += self._write(found.rows, frame.day, now_s, read.failed, again=again)
            cases += [success.Case(situation=where, proposals=proposed) for where, proposed in found.cases]
            self.progress("score", number + 1, len(read.kept))
        if frame.with_success:
            self.progress("success", 0, 1)
            self._open_calls(cases, frame.day, now_s, read.left)
            self.progress("success", 1, 1)
        return made

    def _open_calls(self, cases: Sequence[success.Case], day: int, now_s: int, left: Sequence[int]) -> None:
        """Calls to action, what is told of them, and the mark of the day. One account's failure costs its own calls."""
        updated = success.Updated((), (), ())
        failed: Failed = {}

        def open_all(some: Sequence[success.Case]) -> None:
            nonlocal updated
            updated = success.update(connection, day, some, now_s, playbooks=self.playbooks, left=left)
            standings.keep(connection, day, [case.situation for case in some], left, self.base_currency)

        untold: Failed = {}

        def tell() -> None:
            untold.update(
                announcements.closed_day(
                    connection, day, updated, now_s, policy=self.policy, playbooks=self.playbooks,
                    currency=self.base_currency,
                )
            )  # fmt: skip

        with self.store.write() as connection:
            if fence.alone(connection, lambda: open_all(cases)) is not None:
                sound = [case for case in cases if not self._fails_alone(connection, case, day, now_s, failed)]
                if (error := fence.alone(connection, lambda: open_all(sound))) is not None:
                    failed["everybody", 0] = fence.named(error)
            failures.settle(connection, "success", failed, day, now_s)
            if (error := fence.alone(connection, tell)) is not None:
                untold["everybody", 0] = fence.named(error)
            failures.settle(connection, "tell", untold, day, now_s)
            closed_days.mark_closed(connection, day)

    def _fails_alone(self, connection: Connection, case: success.Case, day: int, now_s: int, failed: Failed) -> bool:
        """Whether the calls of one account cannot be opened. Nothing is written."""
        trial = connection.begin_nested()
        try:
            success.update(connection, day, [case], now_s, playbooks=self.playbooks, left=[])
        except Exception as error:
            if fence.is_everybodys(error):
                raise
            failed["account", case.situation.row_id] = fence.named(error)
            return True
        finally:
            trial.rollback()
        return False

    def _write(
        self, rows: Sequence[scores.NewRow], day: int, now_s: int, failed: Failed, *, again: bool
    ) -> int:  # fmt: skip
        """How many scores were stored. One that the store does not take is its account's failure."""
        row_of = {row["account_id"]: row for row in rows}
        made = 0

        def write(some: Sequence[int]) -> None:
            nonlocal made
            with self.store.write() as connection:
                has = () if again else scores.versions(connection, some, day, self.basis)
                new = [row_of[one] for one in some if one not in has]
                if new:
                    scores.append(connection, new, self.basis, now_s)
            made += len(new)

        if row_of:
            fence.each(list(row_of), write, failed)
        return made

    def _keep_policy(self, now_s: int) -> None:
        with self.store.write() as connection:
            known = select(policy_table.c.hash).where(policy_table.c.hash == self.policy.hash)
            if connection.scalar(known) is None:
                row = {"hash": self.policy.hash, "arrived_at": now_s, "body": self.policy.text}
                connection.execute(insert(policy_table).values(row))

    def _rates(self, connection: Connection, day: int, now_s: int) -> Rates:
        stated = read_exchange_rates(connection, Knowledge(now_s, self.basis))
        return rates_on(stated, self.base_currency, day)


def _parts(accounts: Sequence[int]) -> list[Sequence[int]]:
    return [accounts[start : start + reads.CHUNK] for start in range(0, len(accounts), reads.CHUNK)]
