"""One JSON line <-> readings: what the local endpoint hears and what a recording holds. Pure.

    {"totals": {"wake_up": 12}, "source": "<uuid>", "base": {"wake_up": 3}}    cumulative
    {"count": "wake_up", "n": 1}                                               one shot
    {"fault": {"family": "touch", "code": "no_response", "active": true}}
    {"gauge": "volume", "value": 0.4}
    {"supports": ["wake_up"], "unsupported": ["foot_traffic"]}
    {"skill": {"skill": "guide", "version": "1.2", "state": "active"}}

A line may hold several of them. A name that is refused takes none of its neighbours with it.
"""

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from edge_agent.counting.readings import Condition, Fall, Gauge, Increment, Reading, SkillState, Supports, Total
from edge_agent.sources.names import NameRefused, counter_key, gauge_name, shown
from protocol.limits import CODE_MAX_CHARS, COUNT_MAX, DETAIL_MAX_CHARS

NAMES_MAX = 400  # counters of one line; the bound of a window
SOURCE_MAX_CHARS = 64
_WORDS = frozenset({"totals", "count", "fault", "gauge", "supports", "unsupported", "skill"})
_SEVERITIES = ("warning", "urgent", "critical", "fatal")


class LineRefused(ValueError):
    """Nothing of the line can be used. The message is for the one who sent it."""


@dataclass(slots=True)
class Line:
    """What a line said. `refused` names what of it could not be used, and why."""

    readings: list[Reading] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    source: str = ""
    durable: bool = False


def read_object(data: bytes | str) -> dict[str, Any]:
    """One JSON object. Raises LineRefused: not JSON, NaN or Infinity in it, nested without end, no object."""
    try:
        raw = json.loads(data, parse_constant=_no_constant)
    except RecursionError as error:
        raise LineRefused("nested too deeply") from error
    except ValueError as error:
        raise LineRefused(f"not JSON: {shown(str(error), 80)}") from error
    if not isinstance(raw, dict):
        raise LineRefused("a JSON object is expected")
    return raw


def read_line(raw: Mapping[str, Any]) -> Line:
    """The readings of one decoded line. Raises LineRefused when it holds nothing that is known."""
    if not _WORDS & raw.keys():
        raise LineRefused(f"nothing known in it: one of {', '.join(sorted(_WORDS))} is expected")
    line = Line(source=_source(raw.get("source", "")), durable=raw.get("durable") is True or "count" in raw)
    if "totals" in raw:
        _totals(raw, line)
    if "count" in raw:
        _one(line, raw["count"], lambda: Increment(_counter(raw["count"]), _amount(raw.get("n", 1))))
    if "gauge" in raw:
        _one(line, raw["gauge"], lambda: Gauge(gauge_name(_text(raw["gauge"], "gauge")), _number(raw.get("value"))))
    if "fault" in raw:
        _one(line, "fault", lambda: _condition(raw["fault"]))
    if "supports" in raw or "unsupported" in raw:
        _one(line, "supports", lambda: Supports(_counters(raw.get("supports")), _counters(raw.get("unsupported"))))
    if "skill" in raw:
        _one(line, "skill", lambda: _skill(raw["skill"]))
    return line


def _totals(raw: Mapping[str, Any], line: Line) -> None:
    totals, base = raw["totals"], raw.get("base", {})
    if not isinstance(totals, Mapping) or not isinstance(base, Mapping):
        raise LineRefused("totals and base are objects: counter -> number")
    if len(totals) > NAMES_MAX:
        raise LineRefused(f"more than {NAMES_MAX} counters in one line")
    for name, value in totals.items():
        _one(line, name, partial(_total, name, value, line.source, base.get(name) or 0))


def _total(name: Any, value: Any, source: str, base: Any) -> Total:
    """What was never confirmed as durable is counted from zero; the rest from where the outbox knows it, or `base`.

    A source is one process from its start on, so that a fall of its totals is no restart.
    """
    confirmed = _cumulative(base)
    fall: Fall = "never" if source else "restart"
    return Total(_counter(name), _cumulative(value), source, not confirmed, fall=fall, base=confirmed)


def _one(line: Line, name: object, read: Callable[[], Reading]) -> None:
    try:
        line.readings.append(read())
    except (NameRefused, LineRefused) as error:
        line.refused[str(name)[:CODE_MAX_CHARS]] = str(error)


def _condition(raw: Any) -> Condition:
    if not isinstance(raw, Mapping):
        raise LineRefused("fault is an object: family, code, active")
    active, did, severity = raw.get("active"), raw.get("did", "could_not"), raw.get("severity", "warning")
    if not isinstance(active, bool):
        raise LineRefused("fault.active is true or false")
    if did not in {"could_not", "wrong"}:
        raise LineRefused("fault.did is could_not or wrong")
    if severity not in _SEVERITIES:
        raise LineRefused(f"fault.severity is one of {', '.join(_SEVERITIES)}")
    return Condition(
        family=_code(raw.get("family"), "fault.family"),
        code=_code(raw.get("code"), "fault.code"),
        active=active,
        ref=_code(raw["ref"], "fault.ref") if raw.get("ref") else "",
        did=did,
        severity=severity,
        detail=_text(raw.get("detail", ""), "fault.detail")[:DETAIL_MAX_CHARS],
    )


def _skill(raw: Any) -> SkillState:
    if not isinstance(raw, Mapping):
        raise LineRefused("skill is an object: skill, version, state")
    names = ("skill", "version", "state")
    skill, version, state = (_code(raw.get(name), f"skill.{name}") for name in names)
    digest = _code(raw["digest"], "skill.digest") if raw.get("digest") else ""
    return SkillState(skill, version, state, digest, _text(raw.get("reason", ""), "skill.reason")[:DETAIL_MAX_CHARS])


def _counter(name: Any) -> str:
    return counter_key(_text(name, "counter"))


def _counters(names: Any) -> tuple[str, ...]:
    if names is None:
        return ()
    if not isinstance(names, list) or len(names) > NAMES_MAX:
        raise LineRefused(f"supports is a list of at most {NAMES_MAX} counters")
    return tuple(_counter(name) for name in names)


def _source(text: Any) -> str:
    if not isinstance(text, str) or len(text) > SOURCE_MAX_CHARS or not text.isprintable():
        raise LineRefused(f"source is a text of at most {SOURCE_MAX_CHARS} characters")
    return text


def _text(value: Any, what: str) -> str:
    if not isinstance(value, str):
        raise LineRefused(f"{what} is a text")
    return value


def _code(value: Any, what: str) -> str:
    text = _text(value, what)
    if not text or len(text) > CODE_MAX_CHARS or not text.isprintable():
        raise LineRefused(f"{what} is a word of at most {CODE_MAX_CHARS} characters")
    return text


def _amount(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= COUNT_MAX:
        raise LineRefused("n is a whole number from 0 to 2^53")
    return value


def _cumulative(value: Any) -> float:
    number = _number(value)
    if not 0 <= number <= COUNT_MAX:
        raise LineRefused("a total is a number from 0 to 2^53")
    return number


def _number(value: Any) -> float:
    if not isinstance(value, (int, float)) or isinstance(value, bool) or abs(value) > COUNT_MAX:
        raise LineRefused("a number within 2^53 is expected")
    if not math.isfinite(value):
        raise LineRefused("a finite number is expected")
    return float(value)


def _no_constant(name: str) -> float:
    raise LineRefused(f"{name} is not a number")
