"""The two passes of a closing over one chunk of accounts: what a process does that only reads. Its results are small.

Pass 1 reads accounts and says what pass 2 needs of each, packed: readings, what the ledger alone gives reason to do,
the account's situation. Between them, peers and verdicts are made of everybody. Pass 2 scores and packs rows.
"""

import pickle
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from sqlalchemy import Connection

from collector.accounts.contracts import terms
from collector.accounts.contracts.arr import arr_on
from collector.accounts.contracts.exchange_rates import Rates
from collector.accounts.ledger.facts import Basis, Knowledge
from collector.accounts.ledger.kinds.who import Account
from collector.accounts.ledger.view import AccountLedger
from collector.accounts.lifecycle.policy import LifecyclePolicy
from collector.accounts.lifecycle.stage import Entered, has_left
from collector.accounts.segments import segments, touch_models
from collector.accounts.segments.segments import SegmentPolicy
from collector.health.anomalies.model import Statistics, Verdict
from collector.health.anomalies.usage_statistics import statistics
from collector.health.model import AccountInputs, Previous, Reading, Readings, Scored
from collector.health.policy.file import Policy
from collector.health.score import readings as reading
from collector.health.score.peers import LeftOut, Member, PeerTable
from collector.health.score.profile import profile_of
from collector.health.score.score import score as scoring
from collector.scores import reads, scores, stages
from collector.store import fence
from collector.store.fence import Failed
from collector.success import proposals
from collector.success.playbooks import Playbooks
from collector.success.priority import Situation, situation
from collector.success.proposals import Proposal


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What every chunk of a closing has in common."""

    day: int
    basis: Basis
    policy_text: str  # each process reads it once; it is shorter than what is made of it
    lifecycle: LifecyclePolicy
    segments: SegmentPolicy
    playbooks: Playbooks
    rates: Rates
    base_timezone: str
    feeds: Mapping[str, int] = field(default_factory=dict)  # kind -> newest day on which any fact of it arrived
    with_success: bool = True  # false for days that are not the newest: nobody is called for them

    @property
    def policy(self) -> Policy:
        return policy_of(self.policy_text)

    @property
    def grace_days(self) -> int:
        """A renewal this late is late and not lost."""
        return self.policy.renewal.grace_days


@lru_cache(maxsize=4)
def policy_of(text: str) -> Policy:
    return Policy.load(text)


@dataclass(frozen=True, slots=True)
class Intermediate:
    """What pass 2 needs of one account."""

    readings: Readings
    situation: Situation | None
    proposals: tuple[Proposal, ...]


@dataclass(frozen=True, slots=True)
class First:
    """What pass 1 says of a chunk. `kept` is packed: nobody looks inside before pass 2."""

    kept: bytes
    for_peers: tuple[Readings, ...]
    statistics: tuple[Statistics, ...]
    accounts: tuple[int, ...]
    entered: Mapping[int, Entered]  # lifecycle stages that begin on the day
    left: tuple[int, ...]  # customers that are gone: not scored any more
    failed: Failed


@dataclass(frozen=True, slots=True)
class Second:
    """What pass 2 says of a chunk: rows of `score`, and what there is to do."""

    rows: tuple[scores.NewRow, ...]
    cases: tuple[tuple[Situation, tuple[Proposal, ...]], ...]
    failed: Failed


def first(connection: Connection, accounts: Sequence[int], knowledge: Knowledge, frame: Frame) -> First:
    """Pass 1 of a chunk, as known then. An account that cannot be read is named, and the others are read."""
    failed: Failed = {}
    found: dict[int, AccountInputs] = {}
    standing: dict[int, Entered] = {}

    def read(part: Sequence[int]) -> None:
        with connection.begin_nested():
            some = reads.inputs(connection, part, frame.day, knowledge)
            standing.update(stages.standing(connection, list(some), frame.day))
        found.update(some)

    fence.each(accounts, read, failed)
    chunk = _Chunk()
    for account_id in found:
        fence.each(
            [account_id],
            lambda one: _first_of(one[0], found[one[0]], standing.get(one[0]), frame, chunk),
            failed,
        )
    return First(
        zlib.compress(pickle.dumps(chunk.kept, protocol=pickle.HIGHEST_PROTOCOL), 1),
        tuple(_for_peers(one.readings, frame.policy) for one in chunk.kept.values()),
        tuple(chunk.judged),
        tuple(chunk.kept),
        chunk.entered,
        tuple(chunk.left),
        failed,
    )


@dataclass(slots=True)
class _Chunk:
    """What pass 1 has read so far."""

    kept: dict[int, Intermediate] = field(default_factory=dict)
    judged: list[Statistics] = field(default_factory=list)
    entered: dict[int, Entered] = field(default_factory=dict)
    left: list[int] = field(default_factory=list)


def _first_of(account_id: int, bare: AccountInputs, last: Entered | None, frame: Frame, chunk: _Chunk) -> None:
    inputs = _complete(bare, "" if last is None else last.stage, frame)
    readings = reading.read(inputs, frame.policy)
    new = stages.entered(inputs, readings.readings.get("B2"), last, frame.lifecycle, frame.grace_days)
    if new is not None:
        readings = _in_stage(readings, inputs, new.stage, frame)
    if has_left(inputs.ledger, frame.day, readings.stage) and not readings.robots:
        chunk.left.append(account_id)
    else:
        kept = _kept(inputs, readings, frame)
        core = frame.policy.scene(inputs.ledger.account.scene).counter
        chunk.judged.append(statistics(inputs, frame.policy.anomaly, core))
        chunk.kept[account_id] = kept
    if new is not None:
        chunk.entered[account_id] = new


def _complete(bare: AccountInputs, stage: str, frame: Frame) -> AccountInputs:
    """With what the store's rows alone do not say: money in one currency, the segment's cadence, the stage."""
    said, rates = bare.ledger.account, frame.rates
    arr = arr_on(bare.ledger, frame.day, rates, grace_days=frame.grace_days)
    segment = segments.size(said, arr, rates, frame.segments).segment
    # of an unknown segment there is no touch model: the health policy's cadence counts
    cadence = None if segment == segments.UNKNOWN else float(touch_models.cadence_days(segment, frame.segments))
    return replace(bare, arr=rates.hundredths(arr), feeds=frame.feeds, cadence_days=cadence, stage=stage)


def _in_stage(readings: Readings, inputs: AccountInputs, stage: str, frame: Frame) -> Readings:
    """The readings of an account that entered a stage today: its momentum had to be read to know it."""
    ledger, policy = inputs.ledger, frame.policy
    due = terms.next_due(ledger, frame.day, grace_days=frame.grace_days) if ledger.contracts else None
    profile = profile_of(frame.day, terms.first_deployed(ledger, frame.day), due, stage, policy)
    return replace(readings, stage=stage, profile=profile)


def _kept(inputs: AccountInputs, readings: Readings, frame: Frame) -> Intermediate:
    if not frame.with_success:
        return Intermediate(readings, None, ())
    due = terms.next_due(inputs.ledger, frame.day, grace_days=frame.grace_days)
    where = situation(
        inputs.ledger,
        frame.day,
        arr=inputs.arr,
        due=due,
        cadence_days=inputs.cadence_days or frame.policy.contacts.cadence_days,
        grace_days=frame.grace_days,
    )
    # What the ledger and the counts say without a score; pass 2 adds what the score says.
    of_ledger = proposals.of(
        _unscored(readings), inputs.ledger, (*inputs.older, *inputs.days), frame.day, playbooks=frame.playbooks,
        grace_days=frame.grace_days,
    )  # fmt: skip
    return Intermediate(readings, where, tuple(of_ledger))


def _unscored(readings: Readings) -> Scored:
    return Scored(
        account=readings.account, day=readings.day, policy="", profile=readings.profile, raw=None, final=None,
        band="grey", coverage=0.0,
    )  # fmt: skip


def _for_peers(readings: Readings, policy: Policy) -> Readings:
    """Without evidence, and only what is compared with others: it stays in memory for everybody."""
    compared = {
        key: Reading(
            measure=key, value=one.value, state=one.state, why=one.why, count=one.count, exposure=one.exposure,
            newest_day=one.newest_day, target=one.target,
        )
        for key, one in readings.readings.items()
        if policy.measures[key].peers
    }  # fmt: skip
    return replace(readings, readings=compared, exceptions=(), pending=(), overrides=())


def second(
    connection: Connection,
    kept: bytes,
    wanted: frozenset[int] | None,
    peers: PeerTable,
    verdicts: Mapping[str, Verdict],
    known_at: int,
    frame: Frame,
    members: Mapping[int, Member] | None,
) -> Second:
    """Pass 2 of a chunk. `wanted`: the accounts to score; None: all of it.

    `members`: what of `peers` each account is, where the table was made earlier; None: it was made of these readings.
    """
    of_chunk: dict[int, Intermediate] = pickle.loads(zlib.decompress(kept))  # noqa: S301 - made by `first`, in this process or its sibling
    chosen = {account_id: one for account_id, one in of_chunk.items() if wanted is None or account_id in wanted}
    failed: Failed = {}
    before: dict[int, Previous] = {}
    rows: list[scores.NewRow] = []
    cases: list[tuple[Situation, tuple[Proposal, ...]]] = []

    def read(part: Sequence[int]) -> None:
        with connection.begin_nested():
            before.update(scores.previous(connection, part, frame.day, frame.basis, known_at))

    def score_one(account_id: int) -> None:
        one, last = chosen[account_id], before.get(account_id)
        verdict = verdicts.get(one.readings.account)
        left_out: LeftOut = "itself" if members is None else members.get(account_id)
        scored = scoring(one.readings, peers, frame.policy, last, verdict=verdict, left_out=left_out)
        row = scores.row_of(account_id, scored, known_at)
        if one.situation is not None:
            cases.append((one.situation, (*one.proposals, *_of_score(account_id, scored, last, frame))))
        rows.append(row)

    fence.each(list(chosen), read, failed)
    for account_id in chosen:
        if ("account", account_id) not in failed:
            fence.each([account_id], lambda one: score_one(one[0]), failed)
    return Second(tuple(rows), tuple(cases), failed)


def _of_score(account_id: int, scored: Scored, previous: Previous | None, frame: Frame) -> list[Proposal]:
    nobody = Account(id=scored.account, name="", currency=frame.rates.base, timezone=frame.base_timezone)
    bare = AccountLedger(row_id=account_id, account=nobody)
    before = None if previous is None else replace(_empty(scored), day=previous.day, band=previous.band)
    return proposals.of(
        scored, bare, (), scored.day, playbooks=frame.playbooks, grace_days=frame.grace_days, before=before
    )


def _empty(scored: Scored) -> Scored:
    return replace(scored, caps=(), measures={}, raw=None, final=None)
