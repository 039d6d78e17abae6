"""What another health policy would do to every account: bands, scores, calls to action. Nothing is written.

The newest scored day is scored twice by the passes of a closing, by the present policy and by the proposed one, both of
what is known now: what differs is the policy's. A store whose scored days are all of an imported past has no day of
what arrived: there the newest recorded day is taken, and `basis` says so. Bands still wait for their second day, as
they would after the change: `waiting` says how many more change then.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

import orjson
from sqlalchemy import Connection, select

from collector.accounts.contracts.exchange_rates import rates_on
from collector.accounts.ledger.book import read_exchange_rates
from collector.accounts.ledger.facts import Basis, Knowledge
from collector.calendar import days
from collector.closing import passes
from collector.closing.run import Closing
from collector.health.anomalies import incidents
from collector.health.anomalies.falls import judge_all, variation_of
from collector.health.policy.file import Policy
from collector.health.score import peers
from collector.scores import reads, scores
from collector.store.fence import Failed
from collector.store.tables.fleet import account
from collector.store.tables.ledger import fact

TOUCHES = 2_000  # the newest touches that tell how long one takes
TOUCH_DAYS = 365
ANSWERS = frozenset({"data_driven", "reactive"})  # occasions of touches that answer a call to action


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountEffect:
    """One account whose score, band or calls to action change. Calls as `RULE reason`.

    `band_after`: on the first day by the proposed policy. `band_settled`: where the same number has lasted long enough,
    "" of a kept one that did not say.
    """

    account: str
    band_before: str
    band_after: str
    band_settled: str
    final_before: float | None
    final_after: float | None
    calls_opened: list[str]
    calls_closed: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyEffect:
    """What the proposed policy would have made of that day. `accounts` change, in order of id; `scored` are all.

    `hours_opened`, `hours_closed`: the calls times `hours_per_call`, the mean of the touches that answered one within a
    year; None where none says how long it took. `failed`: accounts that could not be scored by one of the two.
    `bands_after` and `band_changes` are of the first day; `waiting`: accounts whose band changes later, by the same
    number, None of a kept one that did not say.
    """

    day: str
    basis: Basis
    present: str
    proposed: str
    scored: int
    failed: int
    bands_before: dict[str, int]
    bands_after: dict[str, int]
    band_changes: dict[str, int]  # "yellow red" -> accounts
    waiting: int | None
    calls_opened: dict[str, int]  # by rule
    calls_closed: dict[str, int]
    hours_per_call: float | None
    hours_opened: float | None
    hours_closed: float | None
    accounts: list[AccountEffect]


@dataclass(frozen=True, slots=True)
class _Outcome:
    """An account by one policy."""

    band: str
    settled: str
    final: float | None
    calls: frozenset[tuple[str, str]]


def preview(closing: Closing, proposed: Policy, now_s: int) -> PolicyEffect | None:
    """`closing` has the present policy, and the basis that is looked at first. None: no day has been scored yet."""
    with closing.store.read() as connection:
        newest = _newest(connection, closing.basis)
        if newest is None:
            return None
        day, closing = newest[0], replace(closing, basis=newest[1])
        failed: Failed = {}
        before = _scored(connection, closing, day, now_s, failed)
        after = _scored(connection, replace(closing, policy=proposed), day, now_s, failed)
        names = _names(connection)
        hours = _hours_per_call(connection, day)
    both = sorted(before.keys() & after.keys(), key=lambda row: names.get(row, ""))
    effects = [_effect(names.get(row, str(row)), before[row], after[row]) for row in both]
    shown = [one for row, one in zip(both, effects, strict=True) if _changes(one) or _waits(before[row], after[row])]
    opened = Counter(call.split()[0] for one in effects for call in one.calls_opened)
    closed = Counter(call.split()[0] for one in effects for call in one.calls_closed)
    moved = [one for one in effects if one.band_before != one.band_after]
    return PolicyEffect(
        day=days.iso(day), basis=closing.basis, present=closing.policy.hash, proposed=proposed.hash,
        scored=len(both), failed=len(failed),
        bands_before=dict(sorted(Counter(one.band_before for one in effects).items())),
        bands_after=dict(sorted(Counter(one.band_after for one in effects).items())),
        band_changes=dict(sorted(Counter(f"{one.band_before} {one.band_after}" for one in moved).items())),
        waiting=sum(_waits(before[row], after[row]) for row in both),
        calls_opened=dict(sorted(opened.items())), calls_closed=dict(sorted(closed.items())), hours_per_call=hours,
        hours_opened=None if hours is None else round(hours * opened.total(), 2),
        hours_closed=None if hours is None else round(hours * closed.total(), 2),
        accounts=shown,
    )  # fmt: skip


def _newest(connection: Connection, first: Basis) -> tuple[int, Basis] | None:
    """The newest scored day, and its basis: the first one, or where that has no day the other."""
    bases: tuple[Basis, ...] = ("arrived", "recorded")
    for basis in sorted(bases, key=lambda one: one != first):
        day = scores.newest_day(connection, None, basis)
        if day is not None:
            return day, basis
    return None


def _effect(name: str, before: _Outcome, after: _Outcome) -> AccountEffect:
    return AccountEffect(
        account=name, band_before=before.band, band_after=after.band, band_settled=after.settled,
        final_before=before.final, final_after=after.final, calls_opened=_listed(after.calls - before.calls),
        calls_closed=_listed(before.calls - after.calls),
    )  # fmt: skip


def _waits(before: _Outcome, after: _Outcome) -> bool:
    """Its band changes by the proposed policy, and not on the first day."""
    return after.settled not in {after.band, before.settled}


def _listed(calls: frozenset[tuple[str, str]]) -> list[str]:
    return sorted(f"{rule} {reason}" for rule, reason in calls)


def _changes(one: AccountEffect) -> bool:
    is_other = one.band_before != one.band_after or one.final_before != one.final_after
    return is_other or bool(one.calls_opened or one.calls_closed)


def _scored(connection: Connection, closing: Closing, day: int, now_s: int, failed: Failed) -> dict[int, _Outcome]:
    """Every account by the closing's policy, as its two passes score them, in this process."""
    policy, known = closing.policy, Knowledge(now_s, closing.basis)
    rates = rates_on(read_exchange_rates(connection, known), closing.base_currency, day)
    frame = passes.Frame(
        day=day, basis=closing.basis, policy_text=policy.text, lifecycle=closing.lifecycle, segments=closing.segments,
        playbooks=closing.playbooks, rates=rates, base_timezone=closing.base_timezone,
        feeds=reads.feeds(connection, known),
    )  # fmt: skip
    ids = reads.account_ids(connection)
    chunks = [ids[start : start + reads.CHUNK] for start in range(0, len(ids), reads.CHUNK)]
    read = [passes.first(connection, chunk, known, frame) for chunk in chunks]
    judged = [one for part in read for one in part.statistics]
    bare = judge_all(judged, policy.anomaly, variation_of(judged, policy.anomaly))
    verdicts = incidents.muted(bare, incidents.find(judged, bare, policy.anomaly))
    table = peers.build([one for part in read for one in part.for_peers], policy)
    found: dict[int, _Outcome] = {}
    for part in read:
        failed.update(part.failed)
        second = passes.second(connection, part.kept, None, table, verdicts, now_s, frame, None)
        failed.update(second.failed)
        found.update(_outcomes(second))
    return found


def _outcomes(second: passes.Second) -> Mapping[int, _Outcome]:
    calls = {where.row_id: frozenset((one.rule, one.reason) for one in proposed) for where, proposed in second.cases}
    return {
        row["account_id"]: _Outcome(
            row["band"], row["candidate_band"] or row["band"], row["final"], calls.get(row["account_id"], frozenset())
        )
        for row in second.rows
    }


def _names(connection: Connection) -> dict[int, str]:
    return {row.id: row.external_id for row in connection.execute(select(account.c.id, account.c.external_id))}


def _hours_per_call(connection: Connection, day: int) -> float | None:
    """The mean of the newest touches that answered a call to action and say how long they took."""
    wanted = (
        select(fact.c.body)
        .where(
            fact.c.kind == "touch", fact.c.replaced_at.is_(None), fact.c.withdrawn.is_(False),
            fact.c.day.between(day - TOUCH_DAYS + 1, day),
        )
        .order_by(fact.c.day.desc(), fact.c.id.desc())
        .limit(TOUCHES)
    )  # fmt: skip
    said = [orjson.loads(body) for body in connection.execute(wanted).scalars()]
    hours = [one["hours"] for one in said if one.get("occasion") in ANSWERS and one.get("hours") is not None]
    return round(sum(hours) / len(hours), 2) if hours else None
