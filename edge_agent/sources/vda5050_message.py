"""VDA 5050 messages, 1.1, 2.x and 3.0, read into one shape. Pure, and tolerant to a fault.

The versions name things differently (batteryState / powerSupply, agvPosition / mobileRobotPosition, eStop /
activeEmergencyStop), 1.1 writes its words small (`autoAck`, `fatal`), and vendors invent some. What is not understood
is named in `refused` and taken as "no news": it neither opens nor closes anything. Only a message without headerId or
orderId is no state.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from edge_agent.counting.readings import Condition, Severity
from edge_agent.sources.names import shown
from protocol.limits import CODE_MAX_CHARS, DETAIL_MAX_CHARS

ERRORS_MAX = 100
BY_HAND = frozenset({"MANUAL", "INTERVENED", "SERVICE"})
MODES = BY_HAND | {"STARTUP", "AUTOMATIC", "SEMIAUTOMATIC", "TEACHIN", "TEACH_IN"}
STOPS = frozenset({"AUTOACK", "MANUAL", "REMOTE", "NONE"})
ACTIONS_ENDED = frozenset({"FINISHED", "FAILED"})
SEVERITIES: Mapping[str, Severity] = {
    "WARNING": "warning",
    "URGENT": "urgent",
    "CRITICAL": "critical",
    "FATAL": "fatal",
}


class StateRefused(ValueError):
    """Nothing of the message can be used."""


@dataclass(frozen=True, slots=True)
class State:
    """One state message, all versions in one shape; None where the vehicle said nothing usable.

    `running`: its order is not at its end. `tells`: the counters that can be derived from what it says.
    """

    header: int
    time_s: float | None
    order: str
    by_hand: bool | None
    driving: bool
    charging: bool | None
    charge_ratio: float | None
    node: str
    since_node_m: float | None
    place: tuple[str, float, float] | None
    conditions: tuple[Condition, ...] | None
    refused: tuple[str, ...]
    running: bool | None
    tells: frozenset[str]


def read_state(raw: Mapping[str, Any], family: "Families") -> State:
    """One decoded state message. Raises StateRefused; what is only partly strange stands in `refused`."""
    header, order = raw.get("headerId"), raw.get("orderId")
    if not isinstance(header, int) or isinstance(header, bool) or not 0 <= header < 2**53:
        raise StateRefused("state has no headerId")
    if not isinstance(order, str):
        raise StateRefused("state has no orderId")
    refused: list[str] = []
    battery = _object(raw, "powerSupply", "batteryState")
    position = _object(raw, "mobileRobotPosition", "agvPosition", "anyPosition")
    stop = _stop(raw, refused)
    time_s = read_time(raw.get("timestamp"), refused)
    by_hand = _by_hand(raw.get("operatingMode"), stop, refused)
    charging = battery.get("charging") if isinstance(battery.get("charging"), bool) else None
    placed = _finite(position.get("x")) is not None or _finite(raw.get("distanceSinceLastNode")) is not None
    drives = isinstance(raw.get("driving"), bool)
    tells = {
        "navigation_tasks": True,
        "intervention": by_hand is not None,
        "driving_s": drives and time_s is not None,
        "charging_s": charging is not None and time_s is not None,
        "distance_m": drives and placed,
    }
    return State(
        header=header,
        time_s=time_s,
        order=order[:CODE_MAX_CHARS],
        by_hand=by_hand,
        driving=raw.get("driving") is True,
        charging=charging,
        charge_ratio=_ratio(battery.get("stateOfCharge", battery.get("batteryCharge")), refused),
        node=f"{raw.get('lastNodeId')}/{raw.get('lastNodeSequenceId')}"[:CODE_MAX_CHARS],
        since_node_m=_finite(raw.get("distanceSinceLastNode")),
        place=_place(position),
        conditions=_conditions(raw, position, stop, family, refused),
        refused=tuple(refused),
        running=_running(raw),
        tells=frozenset(counter for counter, told in tells.items() if told),
    )


def _running(raw: Mapping[str, Any]) -> bool | None:
    """An order is at its end when no node and no edge is left and every action is finished or has failed."""
    lists = [raw[name] for name in ("nodeStates", "edgeStates") if isinstance(raw.get(name), list)]
    if not lists:
        return True if raw.get("driving") is True else None
    actions = raw.get("actionStates") if isinstance(raw.get("actionStates"), list) else None
    states = [item.get("actionStatus") for item in actions or () if isinstance(item, Mapping)]
    return any(lists) or any(upper(state) not in ACTIONS_ENDED for state in states)


def read_time(text: Any, refused: list[str]) -> float | None:
    """Seconds of a timestamp; only differences of it are used."""
    try:
        return datetime.fromisoformat(text).timestamp()
    except (TypeError, ValueError, OverflowError, OSError):
        refused.append("timestamp is not ISO 8601: times are not counted")
        return None


def _object(raw: Mapping[str, Any], *names: str) -> Mapping[str, Any]:
    return next((raw[name] for name in names if isinstance(raw.get(name), Mapping)), {})


def upper(word: Any) -> str:
    """A word of an enumeration as 2.x and 3.0 write it; "" for what is none."""
    return word.upper() if isinstance(word, str) else ""


def _finite(value: Any) -> float | None:
    number = isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 2**53
    return float(value) if number and math.isfinite(value) else None


def _ratio(charge: Any, refused: list[str]) -> float | None:
    number = _finite(charge)
    if number is None or not 0 <= number <= 100:  # noqa: PLR2004  percent
        if charge is not None:
            refused.append("battery charge is not a percentage")
        return None
    return number / 100


def _place(position: Mapping[str, Any]) -> tuple[str, float, float] | None:
    x, y = _finite(position.get("x")), _finite(position.get("y"))
    if x is None or y is None or _localised(position) is False:
        return None
    return str(position.get("mapId"))[:CODE_MAX_CHARS], x, y


def _localised(position: Mapping[str, Any]) -> bool | None:
    word = position.get("localized", position.get("positionInitialized"))
    return word if isinstance(word, bool) else None


def _stop(raw: Mapping[str, Any], refused: list[str]) -> str | None:
    safety = _object(raw, "safetyState")
    stop = safety.get("activeEmergencyStop", safety.get("eStop"))
    if stop is None or upper(stop) in STOPS:
        return None if stop is None else upper(stop)
    refused.append(f"emergency stop {shown(stop)} is unknown: taken as no news")
    return None


def _by_hand(mode: Any, stop: str | None, refused: list[str]) -> bool | None:
    """None where neither mode nor stop says anything known."""
    if upper(mode) not in MODES:
        refused.append(f"operatingMode {shown(mode)} is unknown: taken as no news")
        return True if stop not in {None, "NONE"} else None
    return upper(mode) in BY_HAND or stop not in {None, "NONE"}


class Families:
    """Which of the seven families an error type belongs to: the first rule whose word is in it, else `robot`."""

    def __init__(self, rules: Iterable[tuple[str, str]]) -> None:
        self._rules = tuple((word.upper(), family) for word, family in rules)

    def __call__(self, error_type: str) -> str:
        upper = error_type.upper()
        return next((family for word, family in self._rules if word in upper), "robot")


def _conditions(
    raw: Mapping[str, Any], position: Mapping[str, Any], stop: str | None, family: Families, refused: list[str]
) -> tuple[Condition, ...] | None:
    """Everything that is wrong now; None when the vehicle's list cannot be read, so that nothing is closed by it."""
    errors = raw.get("errors")
    if not isinstance(errors, list):
        refused.append("errors is not a list: conditions stay as they were")
        return None
    if len(errors) > ERRORS_MAX:
        refused.append(f"more than {ERRORS_MAX} errors: the rest is passed over")
    active: dict[tuple[str, str], Condition] = {}
    for error in errors[:ERRORS_MAX]:
        condition = _error(error, family, refused)
        if condition and (condition.code, condition.ref) not in active:
            active[condition.code, condition.ref] = condition
    if stop not in {None, "NONE"}:
        active["emergency_stop", ""] = Condition(
            "robot", "emergency_stop", True, severity="critical", detail=stop or ""
        )
    if _localised(position) is False:
        active["not_localised", ""] = Condition("navigation", "not_localised", True, severity="critical")
    return tuple(active.values())


def _error(error: Any, family: Families, refused: list[str]) -> Condition | None:
    kind = error.get("errorType") if isinstance(error, Mapping) else None
    if not isinstance(kind, str) or not kind:
        refused.append("error has no errorType")
        return None
    level = error.get("errorLevel")
    severity = SEVERITIES.get(upper(level))
    if severity is None:
        refused.append(f"errorLevel {shown(level)} is unknown: taken as WARNING")
    text = error.get("errorDescription")
    return Condition(
        family=family(kind),
        code=kind[:CODE_MAX_CHARS],
        active=True,
        ref=_reference(error.get("errorReferences")),
        severity=severity or "warning",
        detail=text[:DETAIL_MAX_CHARS] if isinstance(text, str) else "",
    )


def _reference(references: Any) -> str:
    """What the error is about; the only thing besides its type that tells two errors apart."""
    if not isinstance(references, list):
        return ""
    pairs = sorted(
        f"{item.get('referenceKey')}={item.get('referenceValue')}"
        for item in references[:ERRORS_MAX]
        if isinstance(item, Mapping) and item.get("referenceKey") != "headerId"  # changes with every message
    )
    return ",".join(pairs)[:CODE_MAX_CHARS]
