"""Which proposals become calls to action, and for whom, on one day. Pure.

    the same account, rule and reason is one call to action while it is not closed
    closed by a person            the same is not opened again for `cooldown_days`
    snoozed                       it comes back on its day
    more than `new_per_csm_day`   the most urgent are opened, the rest waits in the digest and competes again tomorrow
    in the digest, no longer so   it is closed as `no_longer_needed`: nobody was asked to do it, no cooldown follows
    the customer has left         all of it is closed as `no_longer_needed`, but for what a person wrote

Nothing is lost: every proposal is afterwards open, snoozed, in the digest, or suppressed by a cooldown that is named.
The same day again decides the same; the order of accounts does not matter.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from collector.success.playbooks import MANUAL
from collector.success.priority import Situation, priority
from collector.success.proposals import Proposal
from collector.success.sections import Limits, PriorityRules

NO_LONGER_NEEDED = "no_longer_needed"  # outcome and event of what nobody was asked to do, or need do any more

State = Literal["digest", "open", "snoozed", "closed"]
Key = tuple[int, str, str]  # account's row, rule, reason
Waiting = tuple[float, Proposal, int | None]  # priority, what, and its id where it waits in the digest already


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingCta:
    """A call to action as it stands before the day is decided. `given_to`: the CSM to whom it was new."""

    id: int
    row_id: int
    rule: str
    reason: str
    severity: float
    state: State
    given_to: str
    opened_day: int
    seen_day: int
    snoozed_until: int | None = None
    closed_day: int | None = None
    outcome: str = ""

    @property
    def key(self) -> Key:
        return self.row_id, self.rule, self.reason


@dataclass(frozen=True, slots=True)
class Opening:
    """A new call to action; `to_digest`: it waits for room."""

    proposal: Proposal
    owner: str
    priority: float
    to_digest: bool


@dataclass(frozen=True, slots=True)
class ExistingCta:
    """A call to action that was there before. `proposal` None: its rule no longer holds, a person closes it."""

    id: int
    priority: float
    state: State
    owner: str
    proposal: Proposal | None = None
    is_promoted: bool = False  # from the digest to a person
    is_woken: bool = False  # its snooze is over


@dataclass(frozen=True, slots=True)
class HeldProposal:
    """A proposal that is not opened, and until when."""

    proposal: Proposal
    why: Literal["cooldown"]
    until_day: int


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of one day's proposals.

    `no_longer_needed` are ids from the digest whose rule no longer holds, and those of customers that have left.
    """

    openings: tuple[Opening, ...] = ()
    seen: tuple[ExistingCta, ...] = ()
    no_longer_needed: tuple[int, ...] = ()
    suppressed: tuple[HeldProposal, ...] = ()


def decide(
    standing: Sequence[StandingCta],
    proposals: Sequence[Proposal],
    situations: Mapping[int, Situation],
    ordered_arr: Sequence[int],
    day: int,
    left: Collection[int] = (),
    *,
    limits: Limits,
    priorities: PriorityRules,
) -> Decision:
    """`standing` holds all that is not closed, closed ones of the cooldown, and of accounts without proposals too.

    Only accounts of `situations` are judged; one that was judged for a later day already is left alone.
    `left` are rows of customers that are gone.
    """
    judged = _judged(standing, situations, day)
    gone = _judged(standing, left, day)
    wanted = {_key(one): one for one in proposals if one.row_id in judged}
    alive = [one for one in standing if one.state != "closed" and one.row_id in judged]
    first = {one.key: one.id for one in sorted(alive, key=_first_last)}
    cooling = _cooling(standing, day, limits.cooldown_days)

    def urgency(severity: float, row_id: int) -> float:
        return priority(severity, situations[row_id], ordered_arr, day, priorities)

    seen: list[ExistingCta] = []
    not_needed = [one.id for one in standing if one.state != "closed" and one.row_id in gone and one.rule != MANUAL]
    waiting: list[Waiting] = []
    for one in alive:
        proposal = wanted.get(one.key)
        rank = urgency(one.severity if proposal is None else proposal.severity, one.row_id)
        if one.state == "digest":
            if proposal is None or first[one.key] != one.id:
                not_needed.append(one.id)
            else:
                waiting.append((rank, proposal, one.id))
        else:
            is_awake = one.state == "open" or (one.snoozed_until is not None and one.snoozed_until <= day)
            is_woken = is_awake and one.state == "snoozed"
            seen.append(ExistingCta(one.id, rank, "open" if is_awake else "snoozed", "", proposal, is_woken=is_woken))
    suppressed = []
    for key, proposal in wanted.items():
        if key in first:
            continue
        if key in cooling:
            suppressed.append(HeldProposal(proposal, "cooldown", cooling[key]))
        else:
            waiting.append((urgency(proposal.severity, proposal.row_id), proposal, None))
    openings, promoted = _shared_out(waiting, situations, _given(standing, day), limits.new_per_csm_day)
    return Decision(
        openings=tuple(openings),
        seen=tuple(sorted([*seen, *promoted], key=lambda one: one.id)),
        no_longer_needed=tuple(sorted(not_needed)),
        suppressed=tuple(sorted(suppressed, key=lambda one: _key(one.proposal))),
    )


def _key(proposal: Proposal) -> Key:
    return proposal.row_id, proposal.rule, proposal.reason


def _first_last(one: StandingCta) -> tuple[bool, int]:
    """Of two that are not closed and mean the same, the one with a person comes last, then the older one."""
    return one.state != "digest", -one.id


def _judged(standing: Sequence[StandingCta], situations: Collection[int], day: int) -> set[int]:
    # what a person wrote today says nothing of the days that are closed
    ahead = {one.row_id for one in standing if one.seen_day > day and one.rule != MANUAL}
    return set(situations) - ahead


def _cooling(standing: Sequence[StandingCta], day: int, cooldown_days: int) -> dict[Key, int]:
    """Key -> the first day on which it may be opened again."""
    found: dict[Key, int] = {}
    for one in standing:
        if one.state == "closed" and one.outcome != NO_LONGER_NEEDED and one.closed_day is not None:
            until = one.closed_day + cooldown_days
            if day < until:
                found[one.key] = max(until, found.get(one.key, until))
    return found


def _given(standing: Sequence[StandingCta], day: int) -> Counter[str]:
    """How many each CSM was given on that day already, also those that are closed by now or now another's."""
    never_given = {"digest"}
    return Counter(
        one.given_to
        for one in standing
        if one.opened_day == day
        and one.state not in never_given
        and one.outcome != NO_LONGER_NEEDED
        and one.rule != MANUAL
    )


def _shared_out(
    waiting: Sequence[Waiting], situations: Mapping[int, Situation], given: Counter[str], a_day: int
) -> tuple[list[Opening], list[ExistingCta]]:
    """The most urgent first, while there is room: `a_day` for each CSM; `given` is counted on."""
    openings: list[Opening] = []
    kept: list[ExistingCta] = []
    order = sorted(waiting, key=lambda entry: (-entry[0], entry[1].account, entry[1].rule, entry[1].reason))
    for rank, proposal, standing_id in order:
        owner = situations[proposal.row_id].csm
        has_room = given[owner] < a_day
        given[owner] += has_room
        if standing_id is None:
            openings.append(Opening(proposal, owner, rank, not has_room))
        else:
            state: State = "open" if has_room else "digest"
            kept.append(ExistingCta(standing_id, rank, state, owner, proposal, has_room))
    return openings, kept
