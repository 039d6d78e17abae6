"""One VDA 5050 vehicle's running totals, from what changes between two of its states. Pure: no MQTT, no clock.

The standard has no usage counters, so they are derived:

    navigation_tasks   an orderId that the state before       intervention   entry into MANUAL, INTERVENED or
                       did not have                                          SERVICE, or an emergency stop
    distance_m         positions on one map, while driving;   charging_s     time between states that charge
                       else distanceSinceLastNode             driving_s      time between states that drive

An order that runs at the very first state was counted by nobody: it counts when it ends. `heard` are the counters
that a state has ever told of: a vehicle without positions has no distance, which is not a distance of 0.
Time comes from the vehicle's own timestamps, so a delayed message measures right. A silence longer than
GAP_MAX_S counts as neither driving nor charging: nobody saw it. `memory` and `recalled` carry everything
across a restart of the agent; what happened in between is counted as far as the first state after it shows
it (one new order, one step of distance), the rest is lost and shows as missed headerIds.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from edge_agent.sources.vda5050_message import State

COUNTERS = ("navigation_tasks", "distance_m", "driving_s", "charging_s", "intervention")
GAP_MAX_S = 60.0  # states come at least every 30 s; twice that is silence
SPEED_MAX_M_S = 5.0  # faster than any service robot: a larger step is a relocation, not a drive
LATE_MAX = 3  # so many "late" messages in rising order are no stragglers: the vehicle began again, its clock too


@dataclass(slots=True)
class Seen:
    """What the next state is compared with."""

    header: int = -1
    time_s: float | None = None
    order: str = ""
    by_hand: bool = False
    driving: bool = False
    charging: bool = False
    node: str = ""
    since_node_m: float | None = None
    place: tuple[str, float, float] | None = None
    uncounted: str = ""  # the order that ran at the first state, until it has ended


@dataclass(slots=True)
class Vehicle:
    """One vehicle's running totals. Feed every state in the order it came.

    `first_look`: nothing of it was ever counted here, also not what runs when it is seen first.
    """

    totals: dict[str, float] = field(default_factory=lambda: dict.fromkeys(COUNTERS, 0.0))
    missed: int = 0
    seen: Seen | None = None
    heard: set[str] = field(default_factory=set)
    first_look: bool = True
    _late: list[int] = field(default_factory=list)

    @classmethod
    def recalled(cls, memory: Mapping[str, Any]) -> "Vehicle":
        """The vehicle as `memory()` described it. Raises ValueError, TypeError or KeyError on anything else."""
        seen = memory["seen"]
        place = seen["place"] if seen else None
        at = (str(place[0]), float(place[1]), float(place[2])) if place else None
        kept = Seen(**{**seen, "place": at}) if seen else None
        totals = {name: float(memory["totals"][name]) for name in COUNTERS}
        if not all(math.isfinite(total) and total >= 0 for total in totals.values()):
            raise ValueError("totals in memory are no totals")
        heard = memory.get("heard", [name for name, total in totals.items() if total])  # 0.1.0 did not keep it
        heard_of = {name for name in COUNTERS if name in heard}
        return cls(totals, int(memory["missed"]), kept, heard_of, first_look=False)

    def memory(self) -> dict[str, Any]:
        """Everything, as JSON can hold it."""
        return {
            "totals": dict(self.totals),
            "missed": self.missed,
            "seen": None if self.seen is None else asdict(self.seen),
            "heard": sorted(self.heard),
        }

    def look_anew(self) -> None:
        """The state seen last is older than what was counted: compared with the next one it would count twice."""
        self.seen, self.first_look = None, False

    def take(self, state: State) -> bool:
        """Count what changed. False: a duplicate or a late message, which must change nothing else either."""
        before = self.seen
        if before is None:
            began_unseen = state.order if self.first_look and state.running else ""
            self.seen = replace(_seen(state, Seen()), uncounted=began_unseen)
            self.heard |= state.tells
            return True
        if state.header <= before.header and not _later(state.time_s, before.time_s) and self._straggles(state.header):
            return False
        self._late = []
        self.heard |= state.tells
        self.missed += max(0, state.header - before.header - 1) if before.header >= 0 else 0
        elapsed_s = _elapsed(before.time_s, state.time_s)
        ended = bool(before.uncounted) and (state.order != before.uncounted or state.running is False)
        self.totals["navigation_tasks"] += ended + (bool(state.order) and state.order != before.order)
        self.totals["intervention"] += bool(state.by_hand) and not before.by_hand
        self.totals["driving_s"] += elapsed_s if before.driving else 0.0
        self.totals["charging_s"] += elapsed_s if before.charging else 0.0
        if before.driving or state.driving:
            self.totals["distance_m"] += _distance(before, state, elapsed_s)
        self.seen = replace(_seen(state, before), uncounted="" if ended else before.uncounted)
        return True

    def _straggles(self, header: int) -> bool:
        """Late, until so many in rising order were late that the vehicle must have begun again in the past."""
        self._late = [*self._late, header] if self._late and header > self._late[-1] else [header]
        return len(self._late) < LATE_MAX


def _seen(state: State, before: Seen) -> Seen:
    """What to compare with next; where the vehicle said nothing, what it said before holds."""
    return Seen(
        header=state.header,
        time_s=state.time_s if state.time_s is not None else before.time_s,
        order=state.order,
        by_hand=before.by_hand if state.by_hand is None else state.by_hand,
        driving=state.driving,
        charging=before.charging if state.charging is None else state.charging,
        node=state.node,
        since_node_m=state.since_node_m,
        place=state.place,
    )


def _later(now_s: float | None, before_s: float | None) -> bool:
    return now_s is not None and before_s is not None and now_s > before_s


def _elapsed(before_s: float | None, now_s: float | None) -> float:
    if before_s is None or now_s is None:
        return 0.0
    elapsed_s = now_s - before_s
    return elapsed_s if 0 <= elapsed_s <= GAP_MAX_S else 0.0


def _distance(before: Seen, state: State, elapsed_s: float) -> float:
    if before.place and state.place:
        if before.place[0] != state.place[0]:
            return 0.0
        metres = math.hypot(state.place[1] - before.place[1], state.place[2] - before.place[2])
        return metres if metres <= SPEED_MAX_M_S * elapsed_s + 1.0 else 0.0
    if state.since_node_m is None or before.since_node_m is None:
        return 0.0
    if state.node == before.node:
        return max(0.0, state.since_node_m - before.since_node_m)
    return state.since_node_m  # the rest of the edge before it was not reported
